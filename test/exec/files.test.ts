import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createFiles, type Disk, nodeDisk, sha256 } from "../../src/exec/index.ts";

const unprivileged = (title: string, body: () => Promise<void>) =>
  test(title, async (context) => {
    if (process.getuid?.() === 0) context.skip("permissions do not bind the superuser");
    await body();
  });
let top = "";
let folder = "";
beforeAll(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "files-")));
});
afterAll(() => fs.rmSync(top, { recursive: true, force: true }));
beforeEach(() => {
  folder = fs.mkdtempSync(join(top, "case-"));
});
const files = createFiles();
const stateOf = async (path: string) => {
  const state = await files.state(path);
  if (!state.ok) throw state.error;
  return state.value;
};
const bytes = (text: string) => new TextEncoder().encode(text);
const put = (name: string, text: string, mode = 0o644) => {
  fs.writeFileSync(join(folder, name), text);
  fs.chmodSync(join(folder, name), mode);
  return join(folder, name);
};
const leftovers = () => fs.readdirSync(folder, { recursive: true }).filter((name) => String(name).includes(".bosun-"));

describe("reading", () => {
  test("a part, with the whole size", async () => {
    const path = put("a", "0123456789");
    expect(await files.read(path, 3, 4)).toEqual({ ok: true, bytes: bytes("3456"), size: 10 });
    expect(await files.read(path, 8, 400)).toEqual({ ok: true, bytes: bytes("89"), size: 10 });
    expect(await files.read(path, 20, 400)).toMatchObject({ ok: true, bytes: bytes("") });
  });
  test("what is no file is refused without waiting for it", async () => {
    process.getBuiltinModule("node:child_process").execFileSync("mkfifo", [join(folder, "pipe")]);
    expect(await files.read(join(folder, "pipe"), 0, 10)).toMatchObject({ ok: false, code: "ENOTREG" });
    expect(await files.read("/dev/zero", 0, 10)).toMatchObject({ ok: false, code: "ENOTREG" });
    expect(await files.read(folder, 0, 10)).toMatchObject({ ok: false, code: "EISDIR" });
    expect(await files.read(join(folder, "none"), 0, 10)).toMatchObject({ ok: false, code: "ENOENT", says: expect.stringContaining("no such file") });
    expect(await files.read("a\0b", 0, 10)).toMatchObject({ ok: false });
    expect(await files.state(join(folder, "pipe"))).toMatchObject({ ok: false });
    expect(await files.state(join(folder, "none"))).toEqual({ ok: true, value: { path: join(folder, "none"), sha256: null, mode: null } });
  });
  test.runIf(process.platform === "linux")("a kernel file that says it is empty is read to its end", async () => {
    const read = await files.read("/proc/self/status", 0, 100_000);
    expect(read.ok && new TextDecoder().decode(read.bytes)).toMatch(/^Name:/);
  });
  unprivileged("what may not be read is not taken for absent", async () => {
    const path = put("secret", "x", 0o000);
    expect(await files.read(path, 0, 10)).toMatchObject({ ok: false, code: "EACCES" });
    expect(await files.state(path)).toMatchObject({ ok: false });
  });
  test("the hash of a file of many pieces", async () => {
    const text = "0123456789abcdef".repeat(100_000);
    expect((await stateOf(put("big", text, 0o600))).sha256).toBe(sha256(text));
  });
});

describe("looking", () => {
  test("files, folders, links and what is not there", async () => {
    const path = put("a", "12");
    fs.symlinkSync(folder, join(folder, "loop"));
    fs.symlinkSync("a", join(folder, "link"));
    fs.symlinkSync("nothing", join(folder, "dangling"));
    fs.symlinkSync("self", join(folder, "self"));
    expect(await files.look(path)).toEqual({ kind: "file", real: path, size: 2 });
    expect(await files.look(join(folder, "link"))).toMatchObject({ kind: "file", real: path });
    expect(await files.look(join(folder, "loop", "new", "x"))).toEqual({ kind: "absent", real: join(folder, "new", "x"), size: 0 });
    expect(await files.look(join(folder, "dangling"))).toMatchObject({ kind: "other" });
    expect(await files.look(join(folder, "dangling", "below"))).toMatchObject({ kind: "other" });
    expect(await files.look(join(folder, "self"))).toMatchObject({ kind: "unreadable" });
    expect(await files.look(join(path, "below"))).toMatchObject({ kind: "absent", real: join(path, "below") });
  });
  test("names in a folder", async () => {
    put("b", "");
    put("a", "");
    fs.mkdirSync(join(folder, "c"));
    expect(await files.list(folder, 10)).toEqual([
      { name: "a", kind: "file" },
      { name: "b", kind: "file" },
      { name: "c", kind: "folder" },
    ]);
    expect(await files.list(join(folder, "nope"), 10)).toEqual([]);
  });
});

describe("replacing", () => {
  test("content changes, mode as given, no other name appears", async () => {
    const path = put("a", "old", 0o755);
    const outcome = await files.replace(await stateOf(path), bytes("new"), 0o755);
    expect(outcome).toEqual({ ok: true, value: { path, sha256: sha256("new"), mode: 0o755 } });
    expect(await stateOf(path)).toEqual(outcome.ok && outcome.value);
    expect(fs.readdirSync(folder)).toEqual(["a"]);
  });
  test("a new file in folders that do not exist", async () => {
    const path = join(folder, "x", "y", "z");
    expect(await files.replace(await stateOf(path), bytes("1"), 0o640)).toMatchObject({ ok: true });
    expect(fs.statSync(path).mode & 0o777).toBe(0o640);
  });
  const changes: Record<string, (path: string) => void> = {
    "other content": (path) => fs.writeFileSync(path, "else"),
    "other mode": (path) => fs.chmodSync(path, 0o600),
    "removed": (path) => fs.rmSync(path),
    "a folder in its place": (path) => {
      fs.rmSync(path);
      fs.mkdirSync(path);
    },
    "a link to a file of the same content in its place": (path) => {
      fs.renameSync(path, `${path}.target`);
      fs.symlinkSync(`${path}.target`, path);
    },
  };
  test.each(Object.keys(changes))("refused when it changed since: %s", async (name) => {
    const path = put("a", "old");
    const before = await stateOf(path);
    changes[name]?.(path);
    const outcome = await files.replace(before, bytes("new"), 0o644);
    expect(outcome).toMatchObject({ ok: false, error: { code: "file-changed" } });
    if (fs.existsSync(`${path}.target`)) expect(fs.readFileSync(`${path}.target`, "utf8")).toBe("old");
    expect(leftovers()).toEqual([]);
  });
  test("a new file is refused when its name was taken, also by a link to nothing", async () => {
    const path = join(folder, "new");
    const before = await stateOf(path);
    fs.symlinkSync(join(folder, "outside"), path);
    expect(await files.replace(before, bytes("x"), 0o644)).toMatchObject({ ok: false, error: { code: "file-changed" } });
    expect(fs.existsSync(join(folder, "outside"))).toBe(false);
    fs.rmSync(path);
    fs.writeFileSync(path, "taken");
    expect(await files.replace(before, bytes("x"), 0o644)).toMatchObject({ ok: false });
    expect(fs.readFileSync(path, "utf8")).toBe("taken");
  });
  test("a folder on the way swapped for a link is refused", async () => {
    fs.mkdirSync(join(folder, "in"));
    fs.mkdirSync(join(folder, "out"));
    const before = await stateOf(join(folder, "in", "new"));
    fs.rmdirSync(join(folder, "in"));
    fs.symlinkSync("out", join(folder, "in"));
    expect(await files.replace(before, bytes("x"), 0o644)).toMatchObject({ ok: false, error: { code: "file-changed" } });
    expect(fs.readdirSync(join(folder, "out"))).toEqual([]);
  });
  test("changed while the new content is written: the check before the rename sees it", async () => {
    const path = put("a", "old");
    const disk: Disk = {
      ...nodeDisk,
      open: async (at, how, mode) => {
        const file = await nodeDisk.open(at, how, mode);
        if (how === "create") fs.writeFileSync(path, "theirs");
        return file;
      },
    };
    expect(await createFiles(disk).replace(await stateOf(path), bytes("mine"), 0o644)).toMatchObject({ ok: false, error: { code: "file-changed" } });
    expect(fs.readFileSync(path, "utf8")).toBe("theirs");
    expect(leftovers()).toEqual([]);
  });
  test("each failing step of the disk leaves the old content and no temporary file", async () => {
    const fail = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));
    const broken: Record<string, Partial<Disk>> = {
      open: { open: (path, how, mode) => (how === "create" ? fail("ENOSPC") : nodeDisk.open(path, how, mode)) },
      write: { open: async (path, how, mode) => ({ ...(await nodeDisk.open(path, how, mode)), write: () => fail("ENOSPC") }) },
      sync: { open: async (path, how, mode) => ({ ...(await nodeDisk.open(path, how, mode)), sync: () => fail("EIO") }) },
      rename: { rename: () => fail("EXDEV") },
    };
    for (const [step, part] of Object.entries(broken)) {
      const path = put("a", "old");
      const outcome = await createFiles({ ...nodeDisk, ...part }).replace(await stateOf(path), bytes("new"), 0o644);
      expect(outcome, step).toMatchObject({ ok: false, error: { code: "file-failed" } });
      expect(fs.readFileSync(path, "utf8"), step).toBe("old");
      expect(leftovers(), step).toEqual([]);
    }
  });
  test("a disk on which no name can be looked at is no endless search for a folder that is there", async () => {
    const disk: Disk = { ...nodeDisk, lookAt: () => Promise.reject(Object.assign(new Error("x"), { code: "EIO" })) };
    const path = join(folder, "new");
    expect(await createFiles(disk).replace({ path, sha256: null, mode: null }, bytes("new"), 0o644)).toMatchObject({ ok: true });
  });
  test("a folder that cannot be synced is said, and that the file was written", async () => {
    const path = put("a", "old");
    const disk: Disk = { ...nodeDisk, syncFolder: () => Promise.reject(Object.assign(new Error("x"), { code: "EIO" })) };
    const outcome = await createFiles(disk).replace(await stateOf(path), bytes("new"), 0o644);
    expect(outcome).toMatchObject({ ok: false, error: { says: expect.stringContaining("was written, but") } });
  });
  test("a read-only file is left alone, also for a user who could", async () => {
    const path = put("a", "old", 0o444);
    expect(await files.replace(await stateOf(path), bytes("new"), 0o444)).toMatchObject({
      ok: false,
      error: { says: expect.stringContaining("read-only") },
    });
    expect(fs.readFileSync(path, "utf8")).toBe("old");
  });
  unprivileged("a read-only folder is said", async () => {
    const path = put("a", "old");
    fs.chmodSync(folder, 0o555);
    expect(await files.replace(await stateOf(path), bytes("new"), 0o644)).toMatchObject({
      ok: false,
      error: { says: expect.stringContaining("permission") },
    });
    fs.chmodSync(folder, 0o755);
  });
  test("two replacements prepared from one state: the second is refused", async () => {
    const path = put("a", "old");
    const before = await stateOf(path);
    const first = await files.replace(before, bytes("first"), 0o644);
    const second = await files.replace(before, bytes("second"), 0o644);
    expect([first.ok, second.ok]).toEqual([true, false]);
    expect(fs.readFileSync(path, "utf8")).toBe("first");
  });
});
