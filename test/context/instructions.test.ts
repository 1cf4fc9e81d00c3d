import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { findInstructions, nestedInstructions, renderInstructions } from "../../src/context/index.ts";

let base: string;
let root: string;
beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), "bosun-instructions-")));
  root = join(base, "repo");
  mkdirSync(root);
});
afterEach(() => rmSync(base, { recursive: true, force: true }));

const put = (path: string, content: string | Uint8Array): void => {
  mkdirSync(dirname(join(base, path)), { recursive: true });
  writeFileSync(join(base, path), content);
};
const find = (cwd = root, home: string | null = null) => findInstructions({ root, cwd, home });

describe("instructions", () => {
  test("the person's own first, then from the root down; in each folder one file, by precedence", () => {
    put("home/AGENTS.md", "own");
    put("repo/AGENTS.md", "root");
    put("repo/CLAUDE.md", "not this");
    put("repo/packages/CLAUDE.md", "packages");
    put("repo/packages/web/AGENTS.override.md", "override");
    put("repo/packages/web/AGENTS.md", "not this either");
    put("repo/packages/web/deep/AGENTS.md", "below the working folder");
    put("AGENTS.md", "above the root");
    const { files, loaded, notices } = find(join(root, "packages/web"), join(base, "home"));
    expect(files.map((file) => file.text)).toEqual(["own", "root", "packages", "override"]);
    expect(loaded).toEqual(["AGENTS.md of the person (user-wide)", "AGENTS.md", "packages/CLAUDE.md", "packages/web/AGENTS.override.md"]);
    expect(notices).toEqual([]);
    const text = renderInstructions(files);
    expect(text).toContain("## packages/web/AGENTS.override.md\n\noverride");
    expect(text).not.toContain(base);
    expect(text.indexOf("own")).toBeLessThan(text.indexOf("override"));
  });

  test("none: no text, nothing said", () => {
    expect(find(root, join(base, "no-home"))).toEqual({ files: [], loaded: [], notices: [] });
    expect(renderInstructions([])).toBe("");
  });

  test("two worktrees with the same files give the same text", () => {
    put("repo/AGENTS.md", "one\r\ntwo\r\n");
    put("other/AGENTS.md", "\uFEFFone\ntwo");
    expect(find().files).toEqual(findInstructions({ root: join(base, "other"), cwd: join(base, "other"), home: null }).files);
  });

  test("a file over 32 kB is cut at a line, and that is said in the text and as a notice", () => {
    put("repo/AGENTS.md", "a line of text\n".repeat(4_000));
    const { files, notices } = find();
    expect(Buffer.byteLength(files[0]?.text ?? "")).toBeLessThan(33 * 1024);
    expect(files[0]?.text).toMatch(/a line of text\n\n\[cut here/);
    expect(notices).toEqual([expect.stringMatching(/^AGENTS\.md was cut after \d+ characters \(60000 bytes\): a file may have 32 kB/)]);
  });

  test("all together have 64 kB; what no longer fits is cut or left out, and said", () => {
    for (const folder of ["", "a/", "a/b/", "a/b/c/"]) put(`repo/${folder}AGENTS.md`, `${folder || "root"}\n${"x".repeat(30_000)}`);
    const { files, notices } = find(join(root, "a/b/c"));
    expect(files.map((file) => file.label)).toEqual(["AGENTS.md", "a/AGENTS.md", "a/b/AGENTS.md"]);
    expect(files.reduce((sum, file) => sum + Buffer.byteLength(file.text), 0)).toBeLessThan(65 * 1024);
    expect(notices.join("\n")).toMatch(/a\/b\/AGENTS\.md was cut/);
    expect(notices.join("\n")).toMatch(/a\/b\/c\/AGENTS\.md was left out/);
  });

  test("never ends within a character", () => {
    put("repo/AGENTS.md", "€".repeat(20_000));
    expect(find().files[0]?.text).not.toContain("\uFFFD");
    expect(find().notices).toHaveLength(1);
  });

  test("a link inside the project is followed, one that leads out is not, and is said; the next name is tried", () => {
    put("secret.md", "outside");
    put("repo/docs/rules.md", "inside");
    symlinkSync(join(base, "secret.md"), join(root, "AGENTS.md"));
    symlinkSync("docs/rules.md", join(root, "CLAUDE.md"));
    const { files, notices } = find();
    expect(files).toEqual([{ label: "CLAUDE.md", text: "inside" }]);
    expect(notices).toEqual([expect.stringContaining("AGENTS.md is a link that leads outside the project")]);
    expect(JSON.stringify(files)).not.toContain("outside");
  });

  test("a broken link is said; the same file by two names is taken once", () => {
    put("repo/AGENTS.md", "root");
    mkdirSync(join(root, "sub"));
    symlinkSync("../AGENTS.md", join(root, "sub/AGENTS.md"));
    symlinkSync("nowhere", join(root, "sub/AGENTS.override.md"));
    const { files, notices } = find(join(root, "sub"));
    expect(files.map((file) => file.label)).toEqual(["AGENTS.md"]);
    expect(notices).toEqual([expect.stringContaining("sub/AGENTS.override.md is a link to nothing")]);
  });

  test("invalid UTF-8 is shown with marks and said; UTF-16 is read; binary is passed over", () => {
    put("repo/AGENTS.md", Buffer.from([0x61, 0xff, 0x62]));
    expect(find()).toMatchObject({ files: [{ text: "a\uFFFDb" }], notices: [expect.stringContaining("not valid UTF-8")] });
    put("repo/AGENTS.md", "a genuine \uFFFD stands here");
    expect(find().notices).toEqual([]);
    put("repo/AGENTS.md", Buffer.from("\uFEFFhello", "utf16le"));
    expect(find()).toMatchObject({ files: [{ text: "hello" }], notices: [] });
    put("repo/AGENTS.md", Buffer.from("\uFEFFhello", "utf16le").swap16());
    expect(find().files[0]?.text).toBe("hello");
    put("repo/AGENTS.md", Buffer.from([1, 0, 2]));
    expect(find()).toMatchObject({ files: [], notices: [expect.stringContaining("not text")] });
  });

  test("a folder, an unreadable file or a pipe in its place is a notice, and nothing waits for it", () => {
    mkdirSync(join(root, "AGENTS.override.md"));
    execFileSync("sh", ["-c", 'mkfifo "$1"', "sh", join(root, "AGENTS.md")]);
    put("repo/CLAUDE.md", "this one");
    const { files, notices } = find();
    expect(files.map((file) => file.text)).toEqual(["this one"]);
    expect(notices).toHaveLength(2);
    put("repo/sub/AGENTS.md", "locked");
    chmodSync(join(root, "sub/AGENTS.md"), 0);
    const locked = find(join(root, "sub"));
    // root may read everything
    if (process.getuid?.() !== 0) expect(locked.notices).toContainEqual(expect.stringContaining("sub/AGENTS.md could not be read (EACCES)"));
    else expect(locked.files.map((file) => file.text)).toContain("locked");
  });

  test("a working folder that is not below the root has its own files only", () => {
    put("elsewhere/AGENTS.md", "elsewhere");
    put("repo/AGENTS.md", "root");
    expect(find(join(base, "elsewhere")).files.map((file) => file.text)).toEqual(["elsewhere"]);
  });
});

describe("nested instructions", () => {
  test("are given once, when a tool first touches a file below them, and never again", () => {
    put("repo/AGENTS.md", "root");
    put("repo/packages/CLAUDE.md", "packages");
    put("repo/packages/web/AGENTS.md", "web");
    put("repo/packages/web/src/page.ts", "");
    const touch = nestedInstructions(root, find().loaded);
    expect(touch(join(root, "README.md"))).toBeNull();
    const first = touch("packages/web/src/page.ts");
    expect(first?.loaded).toEqual(["packages/CLAUDE.md", "packages/web/AGENTS.md"]);
    expect(first?.text).toContain("## packages/web/AGENTS.md\n\nweb");
    expect(touch(join(root, "packages/web/src/page.ts"))).toBeNull();
    expect(touch(join(root, "packages/web/other.ts"))).toBeNull();
    expect(nestedInstructions(root, ["AGENTS.md", ...(first?.loaded ?? [])])("packages/web/src/page.ts")).toBeNull();
  });

  test("none from outside the project, by name or by a link; none for a folder that does not exist", () => {
    put("outside/AGENTS.md", "outside");
    symlinkSync(join(base, "outside"), join(root, "linked"));
    const touch = nestedInstructions(root, []);
    expect(touch(join(base, "outside/file.ts"))).toBeNull();
    expect(touch("linked/file.ts")).toBeNull();
    expect(touch("missing/file.ts")).toBeNull();
  });

  test("a link to instructions the model already has adds nothing", () => {
    put("repo/AGENTS.md", "root");
    mkdirSync(join(root, "sub"));
    symlinkSync("../AGENTS.md", join(root, "sub/CLAUDE.md"));
    expect(nestedInstructions(root, ["AGENTS.md"])("sub/file.ts")).toBeNull();
  });
});
