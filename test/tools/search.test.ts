import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createWorkplace, textOf, type Workplace } from "./support.ts";

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
  place.put(".gitignore", "*.log\nbuilt/\n");
  place.put("src/a.ts", "const alpha = 1;\nconst beta = 2;\nconst gamma = alpha;\n");
  place.put("src/b.ts", "export {};\n// Alpha (1+1)\n");
  place.put("note.log", "alpha\n");
  place.put("built/out.ts", "alpha\n");
  place.put(".hidden/c.ts", "alpha\n");
  place.put(".git/config", "alpha\n");
  place.put("data.bin", "alpha\0");
});
afterEach(() => place.remove());
const grep = async (pattern: string, more: Record<string, string | number | boolean> = {}) => place.call("grep", { pattern, ...more });
const glob = async (pattern: string, more: Record<string, string | number> = {}) => place.call("glob", { pattern, ...more });

describe("grep", () => {
  test("groups by path, sorted; hidden files yes, ignored ones, .git and binaries no", async () => {
    expect(textOf(await grep("alpha"))).toBe(".hidden/c.ts\n1: alpha\n\nsrc/a.ts\n1: const alpha = 1;\n3: const gamma = alpha;");
  });
  test("context, case, plain text, one file", async () => {
    expect(textOf(await grep("beta", { context: 1 }))).toBe("src/a.ts\n1- const alpha = 1;\n2: const beta = 2;\n3- const gamma = alpha;");
    expect(textOf(await grep("ALPHA", { ignoreCase: true, path: "src/b.ts" }))).toBe("src/b.ts\n2: // Alpha (1+1)");
    expect(textOf(await grep("(1+1)", { literal: true }))).toBe("src/b.ts\n2: // Alpha (1+1)");
  });
  test("only the paths, and only some files", async () => {
    expect(textOf(await grep("alpha|Alpha", { filesOnly: true }))).toBe(".hidden/c.ts\nsrc/a.ts\nsrc/b.ts");
    expect(textOf(await grep("alpha|Alpha", { filesOnly: true, glob: "src/**" }))).toBe("src/a.ts\nsrc/b.ts");
    expect(textOf(await grep("alpha", { filesOnly: true, glob: "!src/**" }))).toBe(".hidden/c.ts");
    // a pattern of names does not bring back what is ignored
    expect(textOf(await grep("alpha", { glob: "*.log" }))).toBe("No match.");
  });
  test("no match is an answer, a bad expression is told", async () => {
    expect(await grep("nowhere")).toMatchObject({ failed: false, parts: [{ text: "No match." }] });
    const bad = await grep("(unclosed");
    expect(bad.failed).toBe(true);
    expect(textOf(bad)).toMatch(/unclosed group[\s\S]*set literal/);
    expect(textOf(await grep("x", { path: "nowhere" }))).toContain("is not there");
  });
  test("what looks like an option is a pattern or a path", async () => {
    place.put("-x/--pre=evil", "--files found\n");
    expect(textOf(await grep("--files", { path: "-x" }))).toBe("-x/--pre=evil\n1: --files found");
    place.put("evil.sh", `#!/bin/sh\ntouch ${join(place.root, "ran")}\n`, 0o755);
    await grep(`--pre=${join(place.root, "evil.sh")}`);
    await grep("x", { glob: `--pre=${join(place.root, "evil.sh")}` });
    expect(fs.existsSync(join(place.root, "ran"))).toBe(false);
  });
  test("a person's ripgrep settings have no say", async () => {
    place.put("rc", "--files\n");
    process.env.RIPGREP_CONFIG_PATH = join(place.root, "rc");
    try {
      const other = createWorkplace();
      other.put("a", "alpha\n");
      expect(textOf(await other.call("grep", { pattern: "alpha" }))).toBe("a\n1: alpha");
      await other.remove();
    } finally {
      delete process.env.RIPGREP_CONFIG_PATH;
    }
  });
  test("look-around and line feeds work", async () => {
    expect(textOf(await grep("(?<=gamma = )alpha"))).toContain("3: const gamma = alpha;");
    expect(textOf(await grep("1;\\nconst"))).toContain("2: const beta");
  });
  test("paths with a line feed and a colon", async () => {
    place.put("two\nlines:1.txt", "needle\n");
    expect(textOf(await grep("needle"))).toBe("two\nlines:1.txt\n1: needle");
  });
  test("limits of matches, of bytes and of line length", async () => {
    place.put("many.txt", "needle\n".repeat(500));
    expect(textOf(await grep("needle", { limit: 3 }))).toBe(
      "many.txt\n1: needle\n2: needle\n3: needle\n[3 of 500 matching lines shown; narrow the search, or set limit]",
    );
    place.put("wide.txt", `${"w".repeat(100_000)}\n`.repeat(400));
    const wide = textOf(await grep("w{5}", { path: "wide.txt", limit: 2000 }));
    expect(Buffer.byteLength(wide)).toBeLessThan(31_000);
    expect(wide).toContain("omitted end of long line");
    place.put("flood.txt", "flood flood flood\n".repeat(300_000));
    const flood = await grep("flood", { path: "flood.txt" });
    expect(textOf(flood)).toMatch(/\[100 of more than \d+ matching lines shown/);
  });
  test("a pattern that no program can be given is told", async () => {
    expect(textOf(await grep("a\0b"))).toContain("NUL");
    expect(await grep("x".repeat(300_000))).toMatchObject({ failed: true });
  });
  test("an abort ends it", async () => {
    expect(textOf(await place.call("grep", { pattern: "x", path: "/" }, AbortSignal.abort()))).toContain("interrupted");
  });
});

describe("glob", () => {
  test("patterns with and without a slash, hidden files yes, ignored ones and .git no", async () => {
    expect(textOf(await glob("*.ts"))).toBe(".hidden/c.ts\nsrc/a.ts\nsrc/b.ts");
    expect(textOf(await glob("src/*.{ts,js}"))).toBe("src/a.ts\nsrc/b.ts");
    expect(textOf(await glob("**/*"))).toBe(".gitignore\n.hidden/c.ts\ndata.bin\nsrc/a.ts\nsrc/b.ts");
    expect(textOf(await glob("./src/a*"))).toBe("src/a.ts");
    expect(textOf(await glob("*.ts", { path: "src" }))).toBe("src/a.ts\nsrc/b.ts");
  });
  test("nothing, too much, and what is no folder", async () => {
    expect(await glob("*.rs")).toMatchObject({ failed: false, parts: [{ text: "No file fits (of 5 that .gitignore leaves)." }] });
    expect(textOf(await glob("*", { limit: 2 }))).toBe(".gitignore\n.hidden/c.ts\n[2 of 5 files shown; narrow the pattern, or set limit]");
    expect(textOf(await glob("*", { path: "src/a.ts" }))).toContain("is a file");
    expect(textOf(await glob("*", { path: "nowhere" }))).toContain("no folder");
  });
  test("a pattern cannot lead out of its folder", async () => {
    expect(await glob("/etc/*")).toMatchObject({ failed: true });
    expect(await glob("../*")).toMatchObject({ failed: true });
  });
  test("a name with a line feed is one file", async () => {
    place.put("odd\nname.md", "x");
    expect(textOf(await glob("*.md"))).toBe("odd\nname.md");
  });
});

test("todo replaces the list and says where it stands", async () => {
  const items = [
    { text: "look", state: "done" },
    { text: "mend", state: "doing" },
    { text: "test", state: "pending" },
  ];
  expect(textOf(await place.call("todo", { items }))).toBe("1 of 3 items done. Now: mend.");
  expect(place.todo.items).toEqual(items);
  expect(textOf(await place.call("todo", { items: [] }))).toBe("The list is empty.");
  expect(place.todo.items).toEqual([]);
});
