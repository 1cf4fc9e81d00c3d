// What sandboxes are told, where they can't be run here: macOS's profile text, the package that filters domains (a stand-in for
// it), and the order of what bubblewrap mounts.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCages, createDomainFilter, createShell, readOnlySeatbelt, runtimePackage, workspaceSeatbelt } from "../../src/exec/index.ts";
import { arrangeMounts, sightOf } from "../../src/exec/sandbox/mounts.ts";

describe("the order of mounts", () => {
  test("outer places come first, the later of two for one place holds, and what is shown anyway is left out", () => {
    const mounts = arrangeMounts([
      { how: "show", at: "/home/me/proj" },
      { how: "private", at: "/home/me" },
      { how: "show", at: "/usr" },
      { how: "show", at: "/usr/lib" },
      { how: "write", at: "/home/me/proj" },
      { how: "cover", at: "/home/me/proj/.env", from: "/nothing" },
    ]);
    expect(mounts.map(({ how, at }) => `${how} ${at}`)).toEqual(["show /usr", "private /home/me", "write /home/me/proj", "cover /home/me/proj/.env"]);
    const sights = ["/usr/bin/x", "/home/me/x", "/home/me/project", "/home/me/proj/a", "/home/me/proj/.env", "/etc"].map((path) => sightOf(mounts, path));
    expect(sights).toEqual(["shown", "private", "private", "written", "covered", "hidden"]);
  });
});

describe("macOS, not run", () => {
  const place = {
    root: '/Users/me/a "b" \\c',
    home: "/Users/me",
    temporary: "/private/tmp/s",
    tools: ["/opt/homebrew"],
    secrets: ["/Users/me/p/.env"],
    guarded: ['/Users/me/a "b" \\c/.git/hooks'],
    writable: ["/Users/me/.npm"],
    network: false,
  };
  test("read-only denies by default, writes only its own folder, and has no network", () => {
    const text = readOnlySeatbelt(place);
    expect(text.split("\n").slice(0, 2)).toEqual(["(version 1)", "(deny default)"]);
    expect(text).toContain('(subpath "/Users/me/a \\"b\\" \\\\c")');
    expect(text).not.toContain("(allow file-read*)");
    expect(text).toMatch(/\(deny file-read-data\n {2}\(subpath "\/Users\/me\/p\/\.env"\)\)/);
    expect(text).toContain("(deny network*)");
    expect(text.indexOf("(deny file-read-data")).toBeGreaterThan(text.indexOf("(allow file-read*"));
    expect(text.match(/[()]/g)?.filter((mark) => mark === "(")).toHaveLength(text.match(/\)/g)?.length ?? -1);
  });
  test("workspace denies what only the person changes after it allows the project, and moving the folders it is in", () => {
    const text = workspaceSeatbelt(place);
    expect(text.indexOf("(deny file-write*")).toBeGreaterThan(text.indexOf("(allow file-write*"));
    expect(text).toContain('(deny file-write-unlink (literal "/Users/me/a \\"b\\" \\\\c/.git"))');
    expect(text).toContain("(deny network*)");
    expect(workspaceSeatbelt({ ...place, network: true })).toContain("(allow network*)");
  });
  test("a path that could end its string is refused", () => {
    expect(() => readOnlySeatbelt({ ...place, root: "/a\n(allow default)" })).toThrow(/control character/);
  });
});

describe("domains by another package", () => {
  let top = "";
  beforeEach(() => {
    top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "domains-")));
  });
  afterEach(() => fs.rmSync(top, { recursive: true, force: true }));
  const filter = (source: string | null) => {
    const folder = join(top, "node_modules", ...runtimePackage.split("/"));
    if (source !== null) {
      fs.mkdirSync(folder, { recursive: true });
      fs.writeFileSync(join(folder, "index.mjs"), source);
    }
    const load = () => import(pathToFileURL(join(folder, "index.mjs")).href);
    return createDomainFilter({ domains: ["registry.npmjs.org"], writable: [top], guarded: () => [join(top, ".git/hooks")], load });
  };
  const run = async (domainFilter: ReturnType<typeof filter>, profile: "workspace" | "read-only", command: string) => {
    const path = process.env.PATH ?? "";
    const cages = createCages(path, () => undefined);
    const keep = async () => ({ ok: true as const, value: "kept" });
    const shell = createShell({ cwd: top, environment: { PATH: path }, folder: top, runs: join(top, "runs"), cages, keep, domainFilter });
    const call = { cwd: top, timeout: 10_000, signal: new AbortController().signal, onOutput: () => undefined, onStart: () => undefined, step: "s", key: "k" };
    const result = await shell.run({ ...call, command, profile });
    await shell.close();
    return result;
  };
  const standIn = `import { appendFileSync } from "node:fs";
const log = (line) => appendFileSync(new URL("../../../log", import.meta.url), line + "\\n");
export const SandboxManager = {
  async initialize(config) { log(JSON.stringify(config)); },
  async wrapWithSandbox(command) { return "echo wrapped; " + command; },
  async reset() { log("reset"); },
};`;
  test("commands of the workspace are wrapped, with the text kept whole; it is started once and ended with the session", async () => {
    const result = await run(filter(standIn), "workspace", "echo 'it'\"'\"'s' \"$((1+1))\"");
    expect(result).toMatchObject({ head: "wrapped\nit's 2\n", sandbox: { profile: "workspace", made: true } });
    const [config, ...rest] = fs.readFileSync(join(top, "log"), "utf8").trim().split("\n");
    expect(JSON.parse(config ?? "")).toEqual({
      network: { allowedDomains: ["registry.npmjs.org"], deniedDomains: [], allowLocalBinding: true },
      filesystem: { denyRead: [], allowWrite: [top], denyWrite: [join(top, ".git/hooks")] },
    });
    expect(rest).toEqual(["reset"]);
  });
  test("what was proved to read only is not its business", async () => {
    expect((await run(filter(standIn), "read-only", "echo plain")).head).toBe("plain\n");
    expect(fs.existsSync(join(top, "log"))).toBe(false);
  });
  test("where it is missing nothing runs, and what installs it is said", async () => {
    const result = await run(filter(null), "workspace", "touch ran");
    expect(result).toMatchObject({ ended: "not-started", says: expect.stringContaining(`npm install -g ${runtimePackage}`) });
    expect(fs.existsSync(join(top, "ran"))).toBe(false);
  });
  test("one of another shape is said too", async () => {
    expect((await run(filter("export const x = 1;"), "workspace", "touch ran")).says).toContain("does not offer what is used of it");
  });
  test("one that fails is said too", async () => {
    const failing = standIn.replace("log(JSON.stringify(config));", "throw new Error('socat is missing');");
    const { says } = await run(filter(failing), "workspace", "touch ran");
    expect(fs.existsSync(join(top, "ran"))).toBe(false);
    expect(says).toContain("socat is missing");
  });
});
