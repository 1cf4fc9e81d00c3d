import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import { isPrepared } from "../../src/tools/index.ts";
import { createWorkplace, textOf, type Workplace } from "./support.ts";

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());
const read = async (path: string, more: { offset?: number; limit?: number } = {}) => place.call("read", { path, ...more });

describe("lines", () => {
  test("are numbered from one", async () => {
    place.put("a.txt", "one\ntwo\n\nfour");
    const result = await read("a.txt");
    expect(result.failed).toBe(false);
    expect(textOf(result)).toBe("1\tone\n2\ttwo\n3\t\n4\tfour");
    expect(result.seen).toHaveLength(1);
  });
  test("from an offset, with how to go on", async () => {
    place.put("a.txt", Array.from({ length: 3000 }, (_, index) => `line ${index + 1}\n`).join(""));
    expect(textOf(await read("a.txt", { offset: 10, limit: 2 }))).toBe("10\tline 10\n11\tline 11\n[lines 10 to 11 of 3000; go on with offset 12]");
    expect(textOf(await read("a.txt"))).toMatch(/\n2000\tline 2000\n\[lines 1 to 2000 of 3000; go on with offset 2001\]$/);
    expect(textOf(await read("a.txt", { offset: 3000 }))).toBe("3000\tline 3000");
    const past = await read("a.txt", { offset: 3001 });
    expect(past).toMatchObject({ failed: true });
    expect(textOf(past)).toContain("has 3000 lines");
  });
  test("at most 50 kB, and long ones cut", async () => {
    place.put("wide.txt", `${"x".repeat(999)}\n`.repeat(100));
    const text = textOf(await read("wide.txt"));
    expect(Buffer.byteLength(text)).toBeLessThan(50_200);
    expect(text).toMatch(/\[lines 1 to 49 of 100, 50 kB at once; go on with offset 50\]$/);
    place.put("long.txt", `${"😀".repeat(100_000)}\nend\n`);
    const long = textOf(await read("long.txt"));
    expect(long).toContain("… [198000 more characters]\n2\tend");
    expect(long.isWellFormed()).toBe(true);
  });
  test("of an empty file", async () => {
    place.put("empty", "");
    expect(textOf(await read("empty"))).toBe("(the file is empty)");
  });
  test("with CRLF are shown without it, and that is said", async () => {
    place.put("a.txt", "one\r\ntwo\r\n");
    expect(textOf(await read("a.txt"))).toMatch(/^1\tone\n2\ttwo\n\[lines end with CRLF/);
  });
});

describe("encodings", () => {
  test("byte order marks and UTF-16 with and without one", async () => {
    place.put("bom.txt", "\ufeffaé\n");
    expect(textOf(await read("bom.txt"))).toBe("1\taé");
    place.put("le.txt", Buffer.from("\ufeffaé\nb\n", "utf16le"));
    expect(textOf(await read("le.txt"))).toMatch(/^1\taé\n2\tb\n\[encoded in UTF-16LE/);
    place.put("be.txt", Buffer.from("\ufeffaé\n", "utf16le").swap16());
    expect(textOf(await read("be.txt"))).toMatch(/^1\taé\n\[encoded in UTF-16BE/);
    place.put("bare.txt", Buffer.from("plain words\n", "utf16le"));
    expect(textOf(await read("bare.txt"))).toMatch(/^1\tplain words\n\[encoded in UTF-16LE/);
  });
  test("what is not UTF-8 is said", async () => {
    place.put("latin.txt", Buffer.from("caf\xe9\n", "latin1"));
    expect(textOf(await read("latin.txt"))).toMatch(/^1\tcafé\n\[not UTF-8/);
  });
  test("binary data is refused with its kind and size", async () => {
    fs.copyFileSync(process.execPath.includes("node") ? "/bin/ls" : process.execPath, join(place.root, "program"));
    expect(textOf(await read("program"))).toMatch(/ELF|Mach-O/);
    place.put("db", "SQLite format 3\0rest");
    expect(textOf(await read("db"))).toContain("an SQLite database, 20 bytes");
    place.put("noise", Buffer.from([1, 2, 0xff, 0xfe, 3]));
    expect(await read("noise")).toMatchObject({ failed: true });
    place.put("doc.pdf", "%PDF-1.7\n");
    expect(textOf(await read("doc.pdf"))).toContain("PDF");
  });
});

describe("images", () => {
  test("are shown, up to 5 MB", async () => {
    const png = Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), Buffer.alloc(100)]);
    place.put("a.png", png);
    expect((await read("a.png")).parts).toEqual([{ type: "image", mediaType: "image/png", data: png.toString("base64") }]);
    place.put("b.jpg", Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), Buffer.alloc(5_000_001)]));
    expect(textOf(await read("b.jpg"))).toContain("at most 5 MB");
    place.put("c.webp", Buffer.from("RIFF\x10\0\0\0WEBPVP8 ", "latin1"));
    expect((await read("c.webp")).parts[0]).toMatchObject({ mediaType: "image/webp" });
  });
});

describe("what cannot be read", () => {
  test("a name that is nearly there", async () => {
    place.put("src/settings.ts", "x");
    const result = await read("src/setings.ts");
    expect(result.failed).toBe(true);
    expect(textOf(result)).toBe("There is no file src/setings.ts. Alike in that folder: src/settings.ts.");
    expect(textOf(await read("nowhere/x.ts"))).toContain("nor its folder nowhere");
  });
  test("a folder is listed", async () => {
    place.put("src/a.ts", "x");
    place.put("src/deep/b.ts", "x");
    expect(textOf(await read("src"))).toContain("In it are:\na.ts\ndeep/\n");
  });
  test("pipes, devices, links to nothing, invalid names: at once and in words", async () => {
    process.getBuiltinModule("node:child_process").execFileSync("mkfifo", [join(place.root, "pipe")]);
    fs.symlinkSync("nothing", join(place.root, "dangling"));
    for (const path of ["pipe", "/dev/zero", "/dev/tty", "dangling"]) expect(textOf(await read(path)), path).toContain("not a regular file");
    expect(textOf(await read("a\0b"))).toContain("not valid");
  });
  test("a path with a line feed in it is a path", async () => {
    place.put("two\nlines.txt", "x");
    expect(textOf(await read("two\nlines.txt"))).toBe("1\tx");
  });
  test("without permission", async (context) => {
    if (process.getuid?.() === 0) context.skip("permissions do not bind the superuser");
    place.put("secret", "x", 0o000);
    expect(textOf(await read("secret"))).toContain("permission denied");
  });
});

test("nothing is read before the call is allowed", async () => {
  place.put("a.txt", "secret");
  const prepared = await place.prepare("read", { path: "a.txt" });
  fs.writeFileSync(join(place.root, "a.txt"), "other");
  expect(isPrepared(prepared) && prepared.before).toEqual([]);
  expect(textOf(await place.settle(prepared))).toBe("1\tother");
});

test("a file that grows while it is read is shown, but does not count as seen", async () => {
  const growing = createWorkplace({
    ...nodeDisk,
    stat: async (path) => {
      if (path.endsWith(".log")) fs.appendFileSync(path, "more\n");
      return nodeDisk.stat(path);
    },
  });
  growing.put("a.log", "first\n");
  const result = await growing.call("read", { path: "a.log" });
  expect(textOf(result)).toMatch(/^1\tfirst\n[\s\S]*\[the file was being written while it was read/);
  expect(result.seen).toBeUndefined();
  expect(textOf(await growing.call("edit", { path: "a.log", edits: [{ old: "first", new: "x" }] }))).toContain("being written by another program");
  await growing.remove();
});

describe("a file of a gigabyte", () => {
  test("is read in pieces: quick, in little memory, at the end too", async () => {
    const path = join(place.root, "huge.log");
    // 1000 lines, a hole of a gigabyte that takes no space on the disk, one more line
    fs.writeFileSync(path, `${"x".repeat(99)}\n`.repeat(1000));
    fs.truncateSync(path, 1_000_000_000);
    fs.appendFileSync(path, "\nthe last line");
    const before = process.memoryUsage().rss;
    const from = performance.now();
    const start = await read("huge.log", { limit: 3 });
    expect(performance.now() - from).toBeLessThan(500);
    expect(textOf(start)).toContain("[lines 1 to 3 of a file of 1.00 GB, whose lines were not counted; go on with offset 4]");
    expect(start.seen).toBeUndefined();
    expect(textOf(await read("huge.log", { offset: 1002 }))).toMatch(/^1002\tthe last line\n\[.*the file ends here/);
    expect(textOf(await read("huge.log", { offset: 1003 }))).toContain("has 1002 lines");
    expect(process.memoryUsage().rss - before).toBeLessThan(150_000_000);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    expect(textOf(await place.call("read", { path: "huge.log", offset: 1002 }, controller.signal))).toContain("Interrupted");
    expect(await place.call("edit", { path: "huge.log", edits: [{ old: "a", new: "b" }] })).toMatchObject({ failed: true });
  }, 60_000);
  test("in one line is cut", async () => {
    fs.writeFileSync(join(place.root, "one"), "y".repeat(12_000_000));
    expect(textOf(await read("one"))).toMatch(/^1\ty{2000}… \[/);
  });
});
