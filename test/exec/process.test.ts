import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Cage,
  type CommandRequest,
  cleanEnvironment,
  createPipes,
  groupAlive,
  type Identity,
  type Pipes,
  runCommand,
  wholeView,
} from "../../src/exec/index.ts";
import { needs } from "../support/needs.ts";

let folder = "";
let pipes: Pipes;
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), "exec-")));
  pipes = createPipes(folder);
});
afterAll(() => pipes.close());
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bwrap = needs("bwrap");
const hasNamespace = bwrap.missing.length === 0;
let cage: Cage = { kind: "none" };
const namespace: Extract<Cage, { readonly kind: "namespace" }> = { kind: "namespace", program: "/usr/bin/bwrap", view: wholeView };
const run = (command: string, more: Partial<CommandRequest> = {}) =>
  runCommand({
    cage,
    command,
    cwd: folder,
    environment: cleanEnvironment(process.env),
    timeout: 15_000,
    signal: new AbortController().signal,
    limits: { headBytes: 1000, tailBytes: 2000, wholeBytes: 1_000_003, folder },
    pipes,
    ...more,
  });

/** Never with 0: that would be the group of the test itself. */
function endGroup(group: number | null): boolean {
  if (group === null || group <= 1) throw new Error("no process was left");
  return process.kill(-group, "SIGKILL");
}

const kinds = [
  { title: "in its process group", kind: { kind: "none" }, floods: false },
  { title: "watched", kind: { kind: "watched" }, floods: false },
  ...(hasNamespace ? [{ title: "in a namespace", kind: namespace, floods: true }] : []),
] as const;

// floods: what takes seconds need not be seen three times
describe.each(kinds)("$title", ({ kind, floods }) => {
  beforeAll(() => {
    cage = kind;
  });
  describe("what comes out", () => {
    test("output and errors in the order they were printed, and the exit code", async () => {
      const outcome = await run("echo one; echo two >&2; echo three; exit 3");
      expect(outcome).toMatchObject({
        ended: "exited",
        exitCode: 3,
        signal: null,
        head: "one\ntwo\nthree\n",
        tail: "",
        omittedBytes: 0,
        totalBytes: 14,
        whole: null,
        left: null,
      });
      expect(outcome.says).toBeUndefined();
    });
    test("input is empty, not waited for", async () => {
      expect((await run("cat; read x || echo none")).head).toBe("none\n");
    });
    test("a character cut by the pipe is whole, invalid bytes are replaced, NUL and escape sequences are gone", async () => {
      const outcome = await run(
        String.raw`printf '\xe2\x82'; sleep 0.05; printf '\xac \xff|a\0b|\e[31mred\e[0m|\e]0;title\a|\e]8;;http://x\e\\link\e]8;;\e\\|10%%\r20%%\r\n|N\bN'`,
      );
      expect(outcome.head).toBe("€ \ufffd|ab|red||link|10%\n20%\n|N");
    });
    test("an escape string that never ends does not swallow what follows", async () => {
      expect((await run(String.raw`printf 'a\e]0;open\nseen\n'`)).head).toBe("a]0;open\nseen\n");
      expect(
        (
          await run(String.raw`printf 'a\e]0;'; head -c 5000 /dev/zero | tr '\0' x; printf 'seen\a'`, {
            limits: { headBytes: 9000, tailBytes: 0, wholeBytes: 0, folder },
          })
        ).head,
      ).toMatch(/xseen$/);
    });
    test("beginning and end of long output, whole lines, with the exact count between, and all of it in a private file", async () => {
      const outcome = await run("seq 1 5000");
      const all = Array.from({ length: 5000 }, (_, index) => `${index + 1}\n`).join("");
      expect(outcome.totalBytes).toBe(all.length);
      expect(all.startsWith(outcome.head)).toBe(true);
      expect(all.endsWith(outcome.tail)).toBe(true);
      expect(outcome.head.endsWith("\n")).toBe(true);
      expect(outcome.tail).toMatch(/^\d+\n/);
      expect(outcome.head.length + outcome.tail.length + outcome.omittedBytes).toBe(all.length);
      expect(readFileSync(outcome.whole ?? "", "utf8")).toBe(all);
      expect(statSync(outcome.whole ?? "").mode & 0o777).toBe(0o600);
      rmSync(outcome.whole ?? "");
    });
    test("output of exactly head and tail is whole, one byte more is not", async () => {
      expect(await run("head -c 3000 /dev/zero | tr '\\0' x")).toMatchObject({ head: "x".repeat(3000), omittedBytes: 0, whole: null });
      const more = await run("head -c 3001 /dev/zero | tr '\\0' x");
      expect(more).toMatchObject({ head: "x".repeat(1000), tail: "x".repeat(2000), omittedBytes: 1 });
      rmSync(more.whole ?? "");
    });
    test.runIf(floods)(
      "a gigabyte of output (only seen once): memory, head, tail and file stay small",
      async () => {
        const before = process.memoryUsage().rss;
        let peak = 0;
        const watch = setInterval(() => {
          peak = Math.max(peak, process.memoryUsage().rss);
        }, 20);
        let shown = 0;
        const outcome = await run("yes 0123456789abcde | head -c 1073741824", {
          timeout: 100_000,
          onOutput: (text) => {
            shown += text.length;
          },
        });
        clearInterval(watch);
        expect(outcome).toMatchObject({ ended: "exited", exitCode: 0, totalBytes: 1024 ** 3 });
        expect(outcome.head.length).toBeLessThanOrEqual(1000);
        expect(outcome.tail.length).toBeLessThanOrEqual(2000);
        expect(statSync(outcome.whole ?? "").size).toBe(1_000_003);
        expect(peak - before).toBeLessThan(120 * 1024 * 1024);
        expect(shown).toBeLessThan(64 * 1024 * 1024);
        rmSync(outcome.whole ?? "");
      },
      120_000,
    );
    test("a file that cannot be made is said and does not stop the command", async () => {
      const outcome = await run("seq 1 5000; exit 4", { limits: { headBytes: 100, tailBytes: 100, wholeBytes: 1000, folder: join(folder, "missing") } });
      expect(outcome).toMatchObject({ exitCode: 4, whole: null });
      expect(outcome.says).toContain("could not be kept");
    });
    test("a command that closes its output still ends", async () => {
      expect(await run("exec 1>&- 2>&-; sleep 0.1; exit 5")).toMatchObject({ exitCode: 5, head: "" });
    });
    test("its output can be opened by name", async () => {
      expect((await run("echo a > /dev/stderr; echo b | tee /dev/stderr; printf c > /dev/stdout")).head).toBe("a\nb\nb\nc");
    });
    test("a pipe that a background process still holds is not given to the next command", async () => {
      const first = await run("(sleep 0.3; echo late; sleep 0.2) & echo first");
      const second = await run("sleep 0.6; echo second");
      expect([first.head, second.head]).toEqual(["first\n", "second\n"]);
    });
    test("commands at the same time do not mix", async () => {
      const outcomes = await Promise.all(["a", "b", "c"].map((name) => run(`for i in 1 2 3; do echo ${name}; sleep 0.02; done`)));
      expect(outcomes.map((outcome) => outcome.head)).toEqual(["a\na\na\n", "b\nb\nb\n", "c\nc\nc\n"]);
    });
    test("without named pipes it is the same but for their names", async () => {
      const none: Pipes = { take: () => null, close: () => undefined };
      expect(await run("echo one; echo two >&2; echo three; cd /usr; exit 3", { pipes: none })).toMatchObject({
        exitCode: 3,
        head: "one\ntwo\nthree\n",
        cwd: "/usr",
      });
      expect((await run("sleep 20 & echo x", { pipes: none, timeout: 5000 })).left).toSatisfy(endGroup);
    });
    test("output is shown while it comes", async () => {
      const seen: string[] = [];
      const pending = run("echo first; sleep 0.4; echo second", { onOutput: (text) => seen.push(text) });
      await new Promise((resolve) => setTimeout(resolve, 250));
      expect(seen.join("")).toBe("first\n");
      await pending;
      expect(seen.join("")).toBe("first\nsecond\n");
    });
  });

  describe("how it ends", () => {
    test("a signal is named", async () => {
      expect(await run("kill -9 $$")).toMatchObject({ ended: "signalled", exitCode: null, signal: "SIGKILL" });
    });
    test("the time limit ends every process of the group", async () => {
      const outcome = await run("sleep 60 & sleep 60 | cat & echo $$; wait", { timeout: 300 });
      expect(outcome).toMatchObject({ ended: "timed-out" });
      expect(outcome.milliseconds).toBeLessThan(1500);
      await expect.poll(() => groupAlive(Number(outcome.head.trim())), { timeout: 1000 }).toBe(false);
    });
    test("a group that ignores SIGTERM is killed two seconds later", async () => {
      const outcome = await run("trap '' TERM; echo $$; (trap '' TERM; while :; do sleep 1; done) & while :; do sleep 1; done", { timeout: 200 });
      expect(outcome.ended).toBe("timed-out");
      expect(outcome.milliseconds).toBeGreaterThan(2000);
      expect(outcome.milliseconds).toBeLessThan(4000);
      await new Promise((resolve) => setTimeout(resolve, 100));
      await expect.poll(() => groupAlive(Number(outcome.head.trim().split("\n")[0])), { timeout: 1000 }).toBe(false);
    });
    test("an abort ends it and keeps what was printed", async () => {
      const controller = new AbortController();
      const pending = run("echo begun; sleep 60", { signal: controller.signal });
      setTimeout(() => controller.abort(), 300);
      expect(await pending).toMatchObject({ ended: "aborted", head: "begun\n" });
    });
    test("aborted before: nothing runs", async () => {
      expect(await run(`touch ${folder}/ran`, { signal: AbortSignal.abort() })).toMatchObject({ ended: "aborted", exitCode: null });
      expect(existsSync(join(folder, "ran"))).toBe(false);
    });
    test("a background child that holds the output open is not waited for, is said, and goes on", async () => {
      const outcome = await run(`(sleep 0.6; echo late; echo alive > ${folder}/late) & echo done`);
      expect(outcome).toMatchObject({ ended: "exited", exitCode: 0, head: "done\n" });
      expect(outcome.milliseconds).toBeLessThan(600);
      expect(outcome.left).not.toBeNull();
      await expect.poll(() => existsSync(join(folder, "late")), { timeout: 3000 }).toBe(true);
    });
    test("a silent background child is said too", async () => {
      const outcome = await run("sleep 30 >/dev/null 2>&1 & echo x");
      expect(outcome.left).not.toBeNull();
      endGroup(outcome.left);
    });
    test("a background child that left the group does not hold the time limit open", async () => {
      const outcome = await run("setsid sleep 4 & sleep 60", { timeout: 200 });
      expect(outcome.ended).toBe("timed-out");
      expect(outcome.milliseconds).toBeLessThan(3500);
    });
    test("what keeps it from starting is said", async () => {
      expect(await run("true", { cwd: join(folder, "nowhere") })).toMatchObject({ ended: "not-started", says: expect.stringContaining("does not exist") });
      expect(await run("echo a\0b")).toMatchObject({ ended: "not-started", says: expect.stringContaining("NUL") });
      expect(await run(`: ${"x".repeat(300_000)}`)).toMatchObject({ ended: "not-started", says: expect.stringContaining("too long") });
      expect(await run("true", { cage: { ...namespace, program: "/nonexistent/bwrap" } })).toMatchObject({ ended: "not-started" });
    });
    test("the process can be recognised later", async () => {
      const identities: Identity[] = [];
      await run("sleep 0.1", { onStart: (identity) => identities.push(identity) });
      expect(identities).toHaveLength(1);
      expect(identities[0]?.group).toBe(identities[0]?.pid);
      if (process.platform === "linux") expect(identities[0]?.started).toMatch(/^\d+$/);
    });
  });

  describe("the shell's folder at its end", () => {
    const cases: readonly (readonly [command: string, exitCode: number, cwd: string | null])[] = [
      ["cd /usr", 0, "/usr"],
      ["cd /usr; exit 3", 3, "/usr"],
      ["set -e; cd /usr; false; echo no", 1, "/usr"],
      ["set -eu -o pipefail; cd /usr; false | true", 1, "/usr"],
      ["cd /usr; exec true", 0, null],
      ["trap 'echo mine' EXIT; cd /usr; exit 2", 2, null],
      ["cd /usr; f() { exit 5; }; f", 5, "/usr"],
      ["(cd /usr; exit 6)", 6, "."],
      ["cd /usr\nif", 2, "/usr"],
      ["if", 2, "."],
      ["echo 'unclosed", 2, "."],
      ["set -C; set -u; set -o posix; cd /usr", 0, "/usr"],
      ["cd /usr; exec 3>/dev/null; echo x >&3", 0, "/usr"],
      ["pwd() { echo nonsense; }; cd /usr", 0, "/usr"],
      ["nosuchprogram", 127, "."],
      ["mkdir gone && cd gone && rmdir ../gone; (exit 7)", 7, null],
      ["kill -TERM $$", -1, "."],
    ];
    test.each(cases)("%s", async (command, exitCode, cwd) => {
      const outcome = await run(command);
      expect(outcome.exitCode ?? -1).toBe(exitCode);
      expect(outcome.cwd).toBe(cwd === "." ? folder : cwd);
    });
    test("with a line feed in its name", async () => {
      mkdirSync(join(folder, "two\nlines"), { recursive: true });
      expect((await run("cd 'two\nlines'")).cwd).toBe(join(folder, "two\nlines"));
    });
    test("nothing of the finding shows in the output, with tracing and traps on", async () => {
      expect((await run("set -x; cd /usr")).head).toBe("+ cd /usr\n");
      expect((await run("trap 'echo debug' DEBUG; cd /usr")).head).toBe("debug\n");
      expect((await run("trap 'echo error' ERR; cd /usr; false")).head).toBe("error\n");
      expect((await run("trap 'echo mine' EXIT; cd /usr")).head).toBe("mine\n");
      expect((await run("echo $# $0 $LINENO $BASH_ENV\nnosuch\nif")).head).toMatch(
        /^0 bash 1\nbash: line 2: nosuch: command not found\nbash: -c: line 4: syntax/,
      );
      expect((await run("env | grep -c BASH_ENV; for n in 3 4 5 6 7; do [ -e /proc/$$/fd/$n ] && echo $n; done")).head).toBe("0\n");
    });
  });

  describe("its environment", () => {
    test("no keys, no injected settings, no terminal", async () => {
      const environment = cleanEnvironment(
        {
          ...{
            PATH: process.env.PATH,
            HOME: "/h",
            LC_ALL: "C.UTF-8",
            CI: "true",
            ANTHROPIC_API_KEY: "secret",
            OPENAI_API_KEY: "secret",
            AWS_SECRET_ACCESS_KEY: "secret",
          },
          ...{
            BASH_ENV: "/evil",
            ENV: "/evil",
            LD_PRELOAD: "/evil.so",
            GIT_SSH_COMMAND: "evil",
            NODE_OPTIONS: "--require=/evil",
            MY_TOOL: "wanted",
            LC_evil: "x",
          },
        },
        ["MY_TOOL"],
      );
      const { head } = await run("env", { environment });
      expect(head).not.toMatch(/secret|evil/);
      for (const line of ["HOME=/h", "LC_ALL=C.UTF-8", "CI=true", "TERM=dumb", "NO_COLOR=1", "GIT_PAGER=cat", "GIT_TERMINAL_PROMPT=0", "MY_TOOL=wanted"])
        expect(head.split("\n")).toContain(line);
    });
    test("an exported function of the caller does not arrive", async () => {
      expect((await run("type -t ls", { environment: cleanEnvironment({ ...process.env, "BASH_FUNC_ls%%": "() { echo fake; }" }) })).head).toBe("file\n");
    });
  });
});

bwrap.test("commands are tried in a namespace", () => {
  expect(kinds.map(({ title }) => title)).toContain("in a namespace");
});
test("no file of a command stays behind", () => {
  writeFileSync(join(folder, "x"), "");
  expect(readdirSync(folder).filter((name) => /^(output|pipe|prologue)-/.test(name))).toEqual([]);
});
