import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Json } from "../../src/base/index.ts";
import { sha256 } from "../../src/exec/index.ts";
import { isPrepared } from "../../src/tools/index.ts";
import { createWorkplace, textOf, type Workplace } from "./support.ts";

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());
const read = (path: string) => place.call("read", { path });
const write = (path: string, content: string) => place.call("write", { path, content });
const edit = (path: string, ...edits: Json[]) => place.call("edit", { path, edits });
const at = (name: string) => join(place.root, name);
const stray = () => fs.readdirSync(place.root, { recursive: true }).filter((name) => String(name).includes(".bosun-"));

describe("write", () => {
  test("a new file in new folders, with states before and after", async () => {
    const prepared = await place.prepare("write", { path: "a/b/c.txt", content: "hi\n" });
    if (!isPrepared(prepared)) throw new Error(textOf(prepared));
    expect(prepared.before).toEqual([{ path: at("a/b/c.txt"), sha256: null, mode: null }]);
    expect(prepared.after).toEqual([{ path: at("a/b/c.txt"), sha256: sha256("hi\n"), mode: 0o666 & ~process.umask() }]);
    expect(prepared.preview).toMatchObject({ kind: "diff", added: 1, removed: 0 });
    expect(fs.existsSync(at("a"))).toBe(false);
    const result = await place.settle(prepared);
    expect(textOf(result)).toBe("Created a/b/c.txt (1 line, 3 bytes).");
    expect(result.after).toEqual(prepared.after);
    expect(fs.statSync(at("a/b/c.txt")).mode & 0o777).toBe(0o666 & ~process.umask());
    // what it wrote it has seen
    expect(await write("a/b/c.txt", "again")).toMatchObject({ failed: false });
  });
  test("a file that exists and was not read is left alone", async () => {
    place.put("a.txt", "precious");
    const result = await write("a.txt", "x");
    expect(result.failed).toBe(true);
    expect(textOf(result)).toContain("you have not read it");
    expect(place.text("a.txt")).toBe("precious");
  });
  test("a file that was read is replaced and keeps its mode", async () => {
    place.put("run.sh", "old", 0o755);
    await read("run.sh");
    expect(textOf(await write("run.sh", "new"))).toBe("Replaced run.sh (1 line, 3 bytes).");
    expect(place.text("run.sh")).toBe("new");
    expect(fs.statSync(at("run.sh")).mode & 0o777).toBe(0o755);
  });
  test("refused with the difference when it changed since; then it may be done on that", async () => {
    place.put("a.txt", "one\ntwo\nthree\n");
    await read("a.txt");
    fs.writeFileSync(at("a.txt"), "one\nTWO\nthree\n");
    const refused = await write("a.txt", "mine");
    expect(refused.failed).toBe(true);
    expect(textOf(refused)).toContain("-2\ttwo\n+2\tTWO");
    expect(place.text("a.txt")).toBe("one\nTWO\nthree\n");
    expect(await write("a.txt", "mine")).toMatchObject({ failed: false });
  });
  test("the same content is said and not written", async () => {
    place.put("a.txt", "same");
    const before = fs.statSync(at("a.txt"));
    const result = await write("a.txt", "same");
    expect(textOf(result)).toContain("unchanged");
    expect(result.failed).toBe(false);
    expect(fs.statSync(at("a.txt")).ino).toBe(before.ino);
  });
  test("through a link, into its target; not over a folder, not to nothing", async () => {
    place.put("real.txt", "old");
    fs.symlinkSync("real.txt", at("link.txt"));
    fs.symlinkSync("nothing", at("dangling"));
    await read("link.txt");
    expect(await write("link.txt", "new")).toMatchObject({ failed: false });
    expect(fs.lstatSync(at("link.txt")).isSymbolicLink()).toBe(true);
    expect(place.text("real.txt")).toBe("new");
    expect(textOf(await write("dangling", "x"))).toContain("link to nothing");
    fs.mkdirSync(at("folder"));
    expect(textOf(await write("folder", "x"))).toContain("is a folder");
    expect(textOf(await write("real.txt/below", "x"))).toMatch(/cannot be written|not a folder/);
  });
  test("a link planted between prepare and commit is not followed", async () => {
    const outside = place.put("outside.txt", "theirs");
    const prepared = await place.prepare("write", { path: "new.txt", content: "mine" });
    fs.symlinkSync(outside, at("new.txt"));
    expect(await place.settle(prepared)).toMatchObject({ failed: true });
    expect(place.text("outside.txt")).toBe("theirs");
    expect(stray()).toEqual([]);
  });
});

describe("edit", () => {
  test("one place, with the changed lines in the answer and states on both sides", async () => {
    place.put("a.ts", "const a = 1;\nconst b = 2;\nconst c = 3;\n", 0o640);
    const prepared = await place.prepare("edit", { path: "a.ts", edits: [{ old: "b = 2", new: "b = 20" }] });
    if (!isPrepared(prepared)) throw new Error(textOf(prepared));
    expect(prepared.preview).toMatchObject({ kind: "diff", added: 1, removed: 1, diff: expect.stringContaining("-const b = 2;\n+const b = 20;") });
    expect(prepared.images).toEqual([new TextEncoder().encode(place.text("a.ts"))]);
    const result = await place.settle(prepared);
    expect(textOf(result)).toBe("Edited a.ts: 1 replacement.\n 1\tconst a = 1;\n-2\tconst b = 2;\n+2\tconst b = 20;\n 3\tconst c = 3;");
    expect(result.after).toEqual([{ path: at("a.ts"), sha256: sha256(place.text("a.ts")), mode: 0o640 }]);
    expect(fs.statSync(at("a.ts")).mode & 0o777).toBe(0o640);
  });
  test("several in order, each on the result of the one before, all or none", async () => {
    place.put("a.txt", "one two\n");
    expect(await edit("a.txt", { old: "one", new: "three" }, { old: "three two", new: "done" })).toMatchObject({ failed: false });
    expect(place.text("a.txt")).toBe("done\n");
    const failed = await edit("a.txt", { old: "done", new: "x" }, { old: "nowhere", new: "y" });
    expect(textOf(failed)).toMatch(/^Edit 2 of 2: old was not found/);
    expect(textOf(await edit("a.txt", { old: "done", new: "x" }, { old: "done", new: "y" }))).toContain("an edit before it in this call changed it");
    expect(place.text("a.txt")).toBe("done\n");
  });
  test("a text that occurs several times needs more around it, or all", async () => {
    place.put("a.txt", "x\ny\nx\naaa\n");
    expect(textOf(await edit("a.txt", { old: "x", new: "z" }))).toContain("occurs 2 times, at lines 1, 3");
    expect(textOf(await edit("a.txt", { old: "aa", new: "b" }))).toContain("occurs 2 times");
    expect(textOf(await edit("a.txt", { old: "x", new: "z", all: true }))).toContain("2 replacements");
    expect(place.text("a.txt")).toBe("z\ny\nz\naaa\n");
  });
  test("same text, and edits that cancel out", async () => {
    place.put("a.txt", "x\n");
    expect(textOf(await edit("a.txt", { old: "x", new: "x" }))).toContain("same text");
    expect(textOf(await edit("a.txt", { old: "x", new: "y" }, { old: "y", new: "x" }))).toContain("cancel each other out");
  });
  test("the new text is taken literally", async () => {
    place.put("a.txt", "x\n");
    await edit("a.txt", { old: "x", new: "$& $1 $$ \\n" });
    expect(place.text("a.txt")).toBe("$& $1 $$ \\n\n");
  });
  test("line ends and byte order mark stay", async () => {
    place.put("a.txt", "\ufeffone\r\ntwo\r\nthree\r\n");
    await edit("a.txt", { old: "one\ntwo", new: "1\n2\n2b" });
    expect(place.text("a.txt")).toBe("\ufeff1\r\n2\r\n2b\r\nthree\r\n");
    place.put("mixed.txt", "a\r\nb\nc\r\nd\n");
    await edit("mixed.txt", { old: "b\n", new: "B\nBB\n" }, { old: "a\n", new: "A\nAA\n" });
    expect(place.text("mixed.txt")).toBe("A\r\nAA\r\nB\nBB\nc\r\nd\n");
  });
  test("no line feed at the end stays so", async () => {
    place.put("a.txt", "one\ntwo");
    await edit("a.txt", { old: "two", new: "2" });
    expect(place.text("a.txt")).toBe("one\n2");
  });
});

describe("an edit that does not fit says what would", () => {
  const body = "function area(width, height) {\n\tconst result = width * height;\n\treturn result;\n}\n\nfunction other() {\n\treturn 1;\n}\n";
  beforeEach(() => place.put("a.js", body));
  test("other indentation", async () => {
    const text = textOf(await edit("a.js", { old: "    const result = width * height;\n    return result;", new: "x" }));
    expect(text).toContain("differs from lines 2 to 3 in blanks only (line 2 is indented by 1 tab, old by 4 spaces)");
    expect(text).toContain("2\t\tconst result = width * height;\n3\t\treturn result;");
  });
  test("blanks at the end of a line", async () => {
    place.put("b.txt", "one  \ntwo\n");
    expect(textOf(await edit("b.txt", { old: "one\ntwo", new: "x" }))).toContain("line 1 has blanks at its end that old has not");
  });
  test("nearly the same text", async () => {
    const text = textOf(await edit("a.js", { old: "function area(w, height) {\n\tconst res = width * height;", new: "x" }));
    expect(text).toContain("Most like it is lines 1 to 2. The file has there:\n1\tfunction area(width, height) {\n");
  });
  test("line numbers copied from read", async () => {
    expect(textOf(await edit("a.js", { old: "2\t\tconst result = width * height;", new: "x" }))).toContain("Without the line numbers");
  });
  test("CRLF where the file has LF", async () => {
    expect(textOf(await edit("a.js", { old: "\treturn 1;\r\n}", new: "x" }))).toContain("write old with LF");
  });
  test("nothing alike", async () => {
    expect(textOf(await edit("a.js", { old: "zzzz qqqq", new: "x" }))).toContain("Nothing in the file is like it");
  });
  test("in a large file within a second", async () => {
    place.put("large.txt", Array.from({ length: 60_000 }, (_, index) => `line number ${index} with words ${index % 97}\n`).join(""));
    const from = performance.now();
    expect((await edit("large.txt", { old: "line number 30000 with other words\nline number x\n".repeat(50), new: "x" })).failed).toBe(true);
    expect(performance.now() - from).toBeLessThan(1500);
  });
});

describe("files that edit leaves alone", () => {
  test("absent, folder, binary, UTF-16, Latin-1", async () => {
    place.put("there.txt", "x");
    expect(textOf(await edit("their.txt", { old: "x", new: "y" }))).toContain("Alike in that folder: there.txt. To make it, use write.");
    expect(textOf(await edit(".", { old: "x", new: "y" }))).toContain("is a folder");
    place.put("bin", "\0x");
    expect(textOf(await edit("bin", { old: "x", new: "y" }))).toContain("not text");
    place.put("wide", Buffer.from("\ufeffx", "utf16le"));
    expect(textOf(await edit("wide", { old: "x", new: "y" }))).toContain("UTF-16LE");
    place.put("latin", Buffer.from("x\xe9", "latin1"));
    expect(textOf(await edit("latin", { old: "x", new: "y" }))).toContain("not UTF-8");
    expect(fs.readFileSync(at("latin"))).toEqual(Buffer.from("x\xe9", "latin1"));
  });
  test("read-only", async () => {
    place.put("ro.txt", "x", 0o444);
    expect(textOf(await edit("ro.txt", { old: "x", new: "y" }))).toContain("read-only");
    expect(place.text("ro.txt")).toBe("x");
  });
});

describe("the file moves under it", () => {
  test("changed since it was read: refused with the difference, and then possible", async () => {
    place.put("a.txt", "one\ntwo\nthree\n");
    await read("a.txt");
    fs.writeFileSync(at("a.txt"), "one\ntwo\nthree\nfour\n");
    const refused = await edit("a.txt", { old: "one", new: "1" });
    expect(textOf(refused)).toContain("+4\tfour");
    expect(place.text("a.txt")).toBe("one\ntwo\nthree\nfour\n");
    expect(await edit("a.txt", { old: "one", new: "1" })).toMatchObject({ failed: false });
    expect(place.text("a.txt")).toBe("1\ntwo\nthree\nfour\n");
  });
  test("changed once more: what was said then is no longer at hand, and that is said", async () => {
    place.put("a.txt", "one\n");
    await read("a.txt");
    fs.writeFileSync(at("a.txt"), "two\n");
    await edit("a.txt", { old: "one", new: "1" });
    fs.writeFileSync(at("a.txt"), "three\n");
    expect(textOf(await edit("a.txt", { old: "two", new: "2" }))).toContain("cannot be shown. Read it again");
  });
  test("removed since it was read", async () => {
    place.put("a.txt", "one\n");
    await read("a.txt");
    fs.rmSync(at("a.txt"));
    expect(textOf(await edit("a.txt", { old: "one", new: "1" }))).toContain("does not exist any more");
  });
  test("changed between prepare and commit", async () => {
    place.put("a.txt", "one\n");
    const prepared = await place.prepare("edit", { path: "a.txt", edits: [{ old: "one", new: "1" }] });
    fs.writeFileSync(at("a.txt"), "theirs\n");
    const result = await place.settle(prepared);
    expect(result.failed).toBe(true);
    expect(result.effect).toBeUndefined();
    expect(textOf(result)).toContain("changed in the meantime");
    expect(place.text("a.txt")).toBe("theirs\n");
  });
  test("swapped for a link of the same content between prepare and commit", async () => {
    place.put("a.txt", "one\n");
    place.put("victim.txt", "one\n");
    const prepared = await place.prepare("edit", { path: "a.txt", edits: [{ old: "one", new: "1" }] });
    fs.rmSync(at("a.txt"));
    fs.symlinkSync("victim.txt", at("a.txt"));
    expect(await place.settle(prepared)).toMatchObject({ failed: true });
    expect(place.text("victim.txt")).toBe("one\n");
  });
  test("two edits prepared one after the other from the same state: the second is refused, the first stands", async () => {
    place.put("a.txt", "one two\n");
    const first = await place.prepare("edit", { path: "a.txt", edits: [{ old: "one", new: "1" }] });
    const second = await place.prepare("edit", { path: "a.txt", edits: [{ old: "two", new: "2" }] });
    expect((await place.settle(first)).failed).toBe(false);
    expect((await place.settle(second)).failed).toBe(true);
    expect(place.text("a.txt")).toBe("1 two\n");
    expect((await edit("a.txt", { old: "two", new: "2" })).failed).toBe(false);
    expect(place.text("a.txt")).toBe("1 2\n");
  });
  test("in a folder without permission", async (context) => {
    if (process.getuid?.() === 0) context.skip("permissions do not bind the superuser");
    place.put("shut/a.txt", "one\n");
    fs.chmodSync(at("shut"), 0o555);
    expect(textOf(await edit("shut/a.txt", { old: "one", new: "1" }))).toContain("permission denied");
    fs.chmodSync(at("shut"), 0o755);
  });
});
