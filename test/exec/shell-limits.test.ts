// What bounds a command, and what of it reaches the next one.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { keptNames } from "../../src/exec/index.ts";
import { listenTo } from "../support/child-process.ts";
import { needs } from "../support/needs.ts";
import type { Options } from "./sandbox-runtime.ts";

let top = "";
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "limits-")));
  for (const folder of ["home", "proj"]) fs.mkdirSync(join(top, folder));
  fs.chmodSync(top, 0o777);
  fs.chmodSync(join(top, "proj"), 0o777);
});
afterEach(() => fs.rmSync(top, { recursive: true, force: true }));

interface Result {
  readonly head: string;
  readonly ended: string;
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly says?: string;
  readonly job?: { readonly name: string };
}
async function runtime(given: Partial<Options> & Pick<Options, "commands">, under: readonly string[] = []): Promise<readonly Result[]> {
  const places = { own: join(top, "own"), root: join(top, "proj"), home: join(top, "home") };
  const options: Options = { ...places, path: `${dirname(process.execPath)}:/usr/bin:/bin`, ...given };
  const [program = "", ...rest] = [...under, process.execPath, join(import.meta.dirname, "sandbox-runtime.ts")];
  const child = spawn(program, rest, { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(JSON.stringify(options));
  return (JSON.parse((await listenTo(child).ended).stdout) as { readonly results: readonly Result[] }).results;
}
const each = (...commands: string[]) => ({ commands: commands.map((command) => ({ command, profile: "workspace" as const })) });

needs("bwrap", "python3").describe("limits of a command", () => {
  const bounds = { file: 1, openFiles: 300, memory: 1024, processes: 40 };
  test("the size of a file, open files and memory are bounded, and what it prints is not counted as a file", async () => {
    const results = await runtime({
      shell: { bounds },
      ...each(
        "head -c 3000000 /dev/zero > big; stat -c %s big",
        "ulimit -n; python3 -c 'f=[open(\"/dev/null\") for _ in range(400)]' 2>&1 | tail -1",
        "python3 -c 'x=bytearray(2*10**9)'",
        "node -p 'new Array(1000).fill(1).length'",
        "head -c 3000000 /dev/zero | tr '\\0' x | wc -c; head -c 2000000 /dev/zero | tr '\\0' 'y' | tail -c 3",
      ),
    });
    expect(results[0]?.head).toMatch(/1048576\n$/);
    expect(results[1]?.head).toMatch(/^300\n.*Too many open files/);
    expect(results[2]?.head).toContain("MemoryError");
    expect(results[3]?.head).toBe("1000\n");
    expect(results[4]?.head).toBe("3000000\nyyy");
  });
  const isRoot = process.getuid?.() === 0;
  const under = isRoot ? ["setpriv", "--reuid=1000", "--regid=1000", "--clear-groups"] : [];
  test("processes are counted by command, not by person", async () => {
    const command = `python3 -c '
import os,time
n=0
try:
  while n<200:
    if os.fork()==0: time.sleep(5); os._exit(0)
    n+=1
except OSError: pass
print(n)'`;
    const [few, many] = [
      await runtime({ shell: { bounds }, ...each(command) }, under),
      await runtime({ shell: { bounds: { ...bounds, processes: 120 } }, ...each(command) }, under),
    ];
    expect(Number(few[0]?.head)).toBeGreaterThan(20);
    expect(Number(few[0]?.head)).toBeLessThan(40);
    expect(Number(many[0]?.head)).toBeGreaterThan(100);
    expect(Number(many[0]?.head)).toBeLessThan(120);
  });
  test("when memory ends the kernel takes the command first", async () => {
    const [result] = await runtime({ shell: { bounds: {} }, ...each("cat /proc/self/oom_score_adj") });
    expect(result?.head).toBe("500\n");
  });
  test("a command whose time is over goes on as a job, where the setting says so", async () => {
    const commands = [{ command: "echo begun; sleep 20; echo done", profile: "workspace" as const, timeout: 300 }];
    const [stopped] = await runtime({ commands });
    expect(stopped?.ended).toBe("timed-out");
    const [result] = await runtime({ commands, shell: { onTimeout: "background" } });
    expect(result).toMatchObject({ ended: "started", job: { name: "j1" }, says: "It did not end within 300 ms and goes on as job j1." });
    const [quick] = await runtime({ commands: [{ command: "echo quick", profile: "workspace", timeout: 5000 }], shell: { onTimeout: "background" } });
    expect(quick).toMatchObject({ ended: "exited", head: "quick\n" });
  });
});

needs("bwrap", "git").describe("from one command to the next", () => {
  test("only the working folder goes on: no functions, aliases, traps, options, hashed programs, variables that decide what runs", async () => {
    const evil = "$PWD/evil";
    const results = await runtime({
      ...each(
        `mkdir evil sub; for n in ls git cat bash; do printf '#!/bin/sh\\necho POISONED\\n' > evil/$n; chmod +x evil/$n; done; cp evil/ls evil/rc
export PATH=${evil}:$PATH LD_PRELOAD=${evil}/x.so LD_LIBRARY_PATH=${evil} BASH_ENV=${evil}/rc ENV=${evil}/rc PROMPT_COMMAND='echo POISONED' PS4='POISONED ' IFS=x CDPATH=${evil} GIT_EXTERNAL_DIFF=${evil}/git GIT_DIR=${evil} NODE_OPTIONS='--require ./evil/ls' PYTHONSTARTUP=${evil}/rc PYTHONPATH=${evil} PERL5OPT=-Mevil EDITOR=${evil}/ls PAGER=${evil}/cat
export SHELLOPTS BASHOPTS; alias ls='echo POISONED'; ls() { echo POISONED; }; cat() { echo POISONED; }; export -f ls cat; declare -x -f ls
trap 'echo POISONED' DEBUG ERR; trap 'echo POISONED' USR1; hash -p $PWD/evil/ls ls; set -x -o noclobber; shopt -s expand_aliases extglob; umask 0; ulimit -n 50; enable -n test
declare -x MINE=yours LONGER="$(printf 'x%.0s' {1..300})" LINES2=$'a\\n\\0+PATH=/evil' PLAIN=kept; UNEXPORTED=no; cd sub; exec 9< /dev/null; coproc sleep 1`,
        "set -o | grep -E '^(xtrace|noclobber)'; alias; declare -F; trap -p | grep POISONED; hash; type -t ls cat cd test; umask; ulimit -n; ls /proc/self/fd | sort -n | tail -1; pwd",
        "env | sort",
      ),
      shell: {
        keepExports: ["MINE", "PLAIN", "LONGER", "LINES2", "UNEXPORTED", "PATH", "LD_PRELOAD", "BASH_ENV", "GIT_DIR", "NODE_OPTIONS"],
        bounds: { openFiles: 400 },
      },
    });
    const [, state, environment] = results;
    expect(state?.head).toBe(
      `noclobber      \toff\nxtrace         \toff\nhash: hash table empty\nfile\nfile\nbuiltin\nbuiltin\n0022\n400\n${state?.head.match(/^\d+$/gm)?.at(-1)}\n${join(top, "proj/sub")}\n`,
    );
    expect(environment?.head).not.toMatch(/POISONED|evil|x{300}|yours\n.*LINES2|UNEXPORTED/);
    const names = environment?.head.match(/^\w+(?==)/gm) ?? [];
    expect(
      names.filter((name) =>
        /^(LD_|BASH_|ENV$|PROMPT|PS4|IFS|CDPATH|GIT_(?!PAGER|TERMINAL)|NODE_(?!EXTRA_CA)|PYTHON|PERL|EDITOR|SHELLOPTS|BASHOPTS)/.test(name),
      ),
    ).toEqual([]);
    expect(environment?.head).toMatch(/^MINE=yours$/m);
    expect(environment?.head).toMatch(/^PLAIN=kept$/m);
    expect(environment?.head).not.toMatch(/LINES2|LONGER/);
  });
  test("a command that only reads hands nothing on, and one that writes to the shell's line can name nothing that is not kept", async () => {
    const results = await runtime({
      commands: [
        { command: "export MINE=read", profile: "read-only" },
        { command: "echo ${MINE-unset}; builtin printf '/tmp\\n\\0+PATH=/evil\\n\\0+MINE=said\\n' >&199", profile: "workspace" },
        { command: "echo $PATH ${MINE-unset}", profile: "workspace" },
      ],
      shell: { keepExports: ["MINE"] },
    });
    expect(results[1]?.head).toBe("unset\n");
    expect(results[2]?.head).not.toContain("evil");
  });
  test("names that decide what runs are not kept, whoever asks for them", () => {
    const asked = [
      "PATH",
      "LD_PRELOAD",
      "GIT_SSH_COMMAND",
      "NODE_OPTIONS",
      "PYTHONPATH",
      "BASH_ENV",
      "IFS",
      "PS4",
      "http_proxy",
      "CFLAGS",
      "a b",
      "X=1",
      "MAKEFLAGS",
    ];
    expect(keptNames([...asked, "STAGE", "PORT", "DEBUG"])).toEqual(["STAGE", "PORT", "DEBUG"]);
    expect(keptNames(Array.from({ length: 50 }, (_, index) => `A${index}`))).toHaveLength(16);
  });
});

describe("where a wall is found", () => {
  test("words of a search that ended well are no wall", async () => {
    const { findWalls } = await import("../../src/exec/sandbox/walls.ts");
    const arrangement = {
      profile: "read-only",
      program: "",
      view: [],
      mounts: [{ how: "show", at: "/usr" }],
      network: false,
      environment: () => ({}),
      end: () => undefined,
    } as const;
    const place = { root: "/proj", cwd: "/proj", temporary: "/own/tmp" };
    const printed = "src/a.ts: throw new Error('ECONNREFUSED')\nNetwork is unreachable\n/usr/bin EACCES\n";
    expect(findWalls(arrangement, place, printed, false)).toEqual([]);
    expect(findWalls(arrangement, place, "touch: cannot touch '/usr/bin/x': Read-only file system\n", false)).toMatchObject([
      { kind: "write", path: "/usr/bin/x" },
    ]);
    expect(findWalls(arrangement, place, "cat: /etc/hosts: No such file or directory\n", true)).toMatchObject([{ kind: "read", path: "/etc/hosts" }]);
    expect(findWalls(arrangement, place, "cat: /nowhere/at/all: No such file or directory\n", true)).toEqual([]);
    expect(findWalls(arrangement, place, "curl: (6) Could not resolve host: example.org\n", true)).toMatchObject([{ kind: "network" }]);
  });
});
