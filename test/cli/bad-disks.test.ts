// The command where its folder is read-only, full, or on a file system without locks: what it says, and that nothing is changed.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect } from "vitest";
import { projectSlug } from "../../src/index.ts";
import { type ModelServer, startModelServer } from "../../src/testing/index.ts";
import { bash, text } from "../agent/support.ts";
import type { ChildEnd } from "../support/child-process.ts";
import { needs } from "../support/needs.ts";
import { environmentOf, runCommand } from "./support.ts";

let top = "";
let server: ModelServer;
const home = () => join(top, "home");
const project = () => join(top, "project");
const folder = () => join(home(), "projects", projectSlug(project()), "mine");
const journal = () => join(folder(), "journal.jsonl");

beforeAll(async () => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-disks-")));
  fs.mkdirSync(project());
  const turns = [
    { match: { messages: 1 }, reply: [text("hm"), bash("echo hi")] },
    { reply: [text("ok")], repeat: "always" as const },
  ];
  server = await startModelServer({ script: { name: "disks", order: "first-match", turns } });
  await bosun([], {}, "-p", "go", "--session-id", "mine", "--permission-mode", "bypass");
});
afterAll(async () => {
  await server.close();
  fs.rmSync(top, { recursive: true, force: true });
});

/** `under`: a program and arguments to run it under. */
const bosun = (under: readonly string[], environment: Readonly<Record<string, string>>, ...words: readonly string[]): Promise<ChildEnd> =>
  runCommand({ cwd: project(), environment: environmentOf({ place: { home: home() }, server, environment }), under }, ...words);

/** What each form of the command has to end with; a text in its output or its errors. */
type Expected = Readonly<Record<"list" | "show" | "export" | "fork" | "resume" | "continue" | "new", readonly [code: number, says: RegExp]>>;
const words: Readonly<Record<keyof Expected, readonly string[]>> = {
  list: ["sessions"],
  show: ["sessions", "show", "mine"],
  export: ["sessions", "export", "mine"],
  resume: ["-p", "next", "--resume", "mine"],
  continue: ["-p", "next", "--continue"],
  fork: ["-p", "next", "--resume", "mine", "--fork"],
  new: ["-p", "next"],
};
async function expectAll(under: readonly string[], expected: Expected, environment: Readonly<Record<string, string>> = {}): Promise<void> {
  for (const name of fs.readdirSync(join(folder(), ".."))) if (name.startsWith("s_")) fs.rmSync(join(folder(), "..", name), { recursive: true });
  const before = fs.readFileSync(journal());
  for (const [name, [code, says]] of Object.entries(expected) as [keyof Expected, Expected[keyof Expected]][]) {
    const ended = await bosun(under, environment, ...words[name]);
    expect({ name, code: ended.code, says: ended.stdout + ended.stderr }).toEqual({ name, code, says: expect.stringMatching(says) });
    expect(ended.stderr).not.toMatch(/Internal error|\n {4}at |ENOENT/);
    expect(fs.readFileSync(journal())).toEqual(before);
  }
}
const readable = { show: [0, /go[\s\S]*answered/], export: [0, /## User[\s\S]*go/] } as const;

needs("bwrap").test(
  "a journal that is read-only: it is read, forked, and not gone on with",
  async () => {
    const refused = [
      8,
      /Cannot open the journal \S+: the file system is read-only \(EROFS\)\. Make it writable for you, or go on in a copy: bosun --resume mine --fork/,
    ] as const;
    const under = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", journal(), journal(), "--"];
    await expectAll(under, { list: [0, /mine .* answered/], ...readable, resume: refused, continue: refused, fork: [0, /ok/], new: [0, /ok/] });
  },
  30_000,
);

const isRoot = process.getuid?.() === 0;
/** Root may write everything: then as somebody else, whose files they are. */
needs(...(isRoot ? ["setpriv"] : [])).test(
  "a journal without the right to write it",
  async () => {
    const owner = (id: number) => isRoot && execFileSync("chown", ["-R", `${id}:${id}`, top]);
    const under = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
    owner(65534);
    fs.chmodSync(journal(), 0o400);
    try {
      const refused = [8, /permission denied \(EACCES\)\. Make it writable for you, or go on in a copy: bosun --resume mine --fork/] as const;
      await expectAll(under, { list: [0, /mine .* answered/], ...readable, resume: refused, continue: refused, fork: [0, /ok/], new: [0, /ok/] });
    } finally {
      owner(0);
      fs.chmodSync(journal(), 0o600);
    }
  },
  30_000,
);

needs("bwrap").test(
  "a home that is read-only: what is there is listed, shown and exported; nothing begins",
  async () => {
    const refused = [
      8,
      /Cannot (write in|make the session's folder) \S+: the file system is read-only \(EROFS\)\. Make it writable for you, or (go on|set BOSUN_HOME)/,
    ] as const;
    const under = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", home(), home(), "--"];
    const list = [0, /mine .* answered[\s\S]*The index \S+ cannot be used: .*All journals are read instead/] as const;
    await expectAll(under, { list, ...readable, resume: refused, continue: refused, fork: refused, new: refused });
  },
  30_000,
);

needs("bwrap").test(
  "a full disk: what is there is read; nothing begins, and the session goes on once there is space",
  async () => {
    const other = join(top, "small");
    fs.mkdirSync(other);
    const out = join(top, "after");
    const fill = `cp -r ${home()}/. ${other}; cat /dev/zero > ${other}/fill 2>/dev/null; "$@"; code=$?; cp ${journal().replace(home(), other)} ${out}; exit $code`;
    const under = ["bwrap", "--dev-bind", "/", "/", "--size", String(32 * 1024 * 1024), "--tmpfs", other, "--", "/bin/sh", "-c", fill, "sh"];
    const environment = { HOME: other, BOSUN_HOME: other };
    const refused = [8, /(no space is left on the disk|disk is full)[\s\S]*Free space/] as const;
    await expectAll(under, { list: [0, /mine .* answered/], ...readable, resume: refused, continue: refused, fork: refused, new: refused }, environment);
    expect(fs.readFileSync(out)).toEqual(fs.readFileSync(journal()));
    const freed = [...under.slice(0, -2), fill.replace('"$@"', `rm ${other}/fill; "$@"`), "sh"];
    expect(await bosun(freed, environment, "-p", "next", "--resume", "mine")).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(fs.readFileSync(out).subarray(0, fs.statSync(journal()).size)).toEqual(fs.readFileSync(journal()));
  },
  60_000,
);

/** For the kernel: fcntl with a lock answers ENOLCK, as a network file system does whose server has no lock daemon; all else is as ever. */
function withoutLocks(): Buffer {
  const [architecture, fcntl] = process.arch === "arm64" ? [0xc00000b7, 25] : [0xc000003e, 72];
  const load = (offset: number) => [0x20, 0, 0, offset] as const;
  const unless = (value: number, skip: number) => [0x15, 0, skip, value] as const;
  const when = (value: number, skip: number) => [0x15, skip, 0, value] as const;
  const answer = (value: number) => [0x06, 0, 0, value] as const;
  const [number, machine, command] = [0, 4, 24];
  const locks = [load(command), when(5, 3), when(6, 2), when(7, 1)];
  const program = [
    load(machine),
    unless(architecture, 6),
    load(number),
    unless(fcntl, 4),
    ...locks,
    answer(0x7fff0000),
    answer(0x00050000 | constants.errno.ENOLCK),
  ];
  return Buffer.concat(
    program.map(([code, ifTrue, ifFalse, value]) => {
      const bytes = Buffer.alloc(8);
      bytes.writeUInt16LE(code);
      bytes.writeUInt8(ifTrue, 2);
      bytes.writeUInt8(ifFalse, 3);
      bytes.writeUInt32LE(value, 4);
      return bytes;
    }),
  );
}
needs("bwrap").test(
  "a file system without locks: it is said to be that, not that somebody else writes; what is there is read",
  async () => {
    const filter = join(top, "no-locks.bpf");
    fs.writeFileSync(filter, withoutLocks());
    const under = ["/bin/sh", "-c", `exec bwrap --dev-bind / / --seccomp 9 -- "$@" 9<${filter}`, "sh"];
    const refused = [
      8,
      /Cannot lock \S+\/lock: no file in this folder can be locked\. The file system has no working locks\. Nothing was changed\. Set BOSUN_HOME to a folder on a local disk\./,
    ] as const;
    const list = [0, /mine .* answered[\s\S]*The index \S+ cannot be used: .*All journals are read instead.*local disk/] as const;
    await expectAll(under, { list, ...readable, resume: refused, continue: refused, fork: refused, new: refused });
  },
  60_000,
);

/** What stands there is somebody else's. */
needs(...(isRoot ? ["setpriv"] : [])).test(
  "a home of another user is nobody's empty one: an audit, a check and the questions say that they saw nothing of it",
  async () => {
    fs.chmodSync(home(), isRoot ? 0o700 : 0o000);
    fs.chmodSync(top, 0o755);
    try {
      const under = isRoot ? ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] : [];
      for (const [words, code] of [
        [["audit", "--all"], 0],
        [["approvals", "--all"], 0],
        [["approvals", "allow", "q_1", "--all"], 2],
        [["audit", "verify", "--all"], 8],
      ] as const) {
        const { code: came, stdout, stderr } = await bosun(under, {}, ...words);
        const output = stdout + stderr;
        expect({ words, code: came, output }).toEqual({ words, code, output: expect.stringMatching(/EACCES/) });
        expect(output).not.toContain("Internal error");
      }
    } finally {
      fs.chmodSync(home(), 0o700);
    }
  },
  30_000,
);
