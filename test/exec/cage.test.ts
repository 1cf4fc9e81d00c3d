// That nothing of a command outlives the process that ran it, however that process ends.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { explainFailure, findStrays, membersFromPs, readExitCode, runFolderAt, startFromPs } from "../../src/exec/index.ts";
import { listenTo } from "../support/child-process.ts";
import { needs } from "../support/needs.ts";
import { pathWithout } from "../support/path-without.ts";

let top = "";
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "cage-")));
  fs.chmodSync(top, 0o777);
});
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  fs.rmSync(top, { recursive: true, force: true });
});

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const file = (name: string) => join(top, name);
const text = (name: string) => (fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8") : "");

interface Setting {
  /** PATH of the runtime: what is not on it is not there. */
  readonly path?: string;
  /** A program and arguments to run it under. */
  readonly under?: readonly string[];
  readonly timeout?: number;
}
/** A process of its own that runs one command in its shell, as a session does, and prints the result. */
function runtime(command: string, { path = process.env.PATH ?? "", under = [], timeout = 20_000 }: Setting = {}) {
  const options = JSON.stringify({ top, command, path, timeout });
  const [program = "", ...rest] = [...under, process.execPath, join(import.meta.dirname, "runtime.ts"), options];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"] });
  started.push(child);
  return { child, ended: listenTo(child).ended };
}

/** Processes of the command of this test, by their mark. */
const marked = () => findStrays([`key ${top}`]).map(({ says }) => says);
const tree = `echo START >> f; (setsid sleep 2; echo LATE >> f) & (setsid -f bash -c 'trap "" TERM HUP INT; sleep 2.1; echo DAEMON >> f' >/dev/null 2>&1); sleep 2.2; echo DONE >> f`;

const asOrdinaryUser = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
const isRoot = process.getuid?.() === 0;
const users = [{ who: "as this user", under: [] }, ...(isRoot ? [{ who: "as an ordinary user", under: asOrdinaryUser }] : [])];

needs("bwrap", "setsid", "setpriv").describe("in a namespace", () => {
  describe.each(users)("$who", ({ under }) => {
    test("kill -9 of the runtime leaves nothing running, and what came late never comes", async () => {
      const { child, ended } = runtime(tree, { under });
      await expect.poll(() => text("f"), { timeout: 10_000 }).toBe("START\n");
      await expect.poll(() => marked().length, { timeout: 5000 }).toBeGreaterThan(3);
      child.kill("SIGKILL");
      expect((await ended).signal).toBe("SIGKILL");
      await expect.poll(marked, { timeout: 1000 }).toEqual([]);
      await pause(2500);
      expect(text("f")).toBe("START\n");
    });
    test("a time limit ends what made itself a session of its own, and what ignores SIGTERM", async () => {
      const { ended } = runtime(tree, { under, timeout: 400 });
      const { stdout } = await ended;
      expect(stdout).toContain('"ended":"timed-out"');
      expect(marked()).toEqual([]);
      await pause(2000);
      expect(text("f")).toBe("START\n");
    });
    test("it sees its own processes in /proc, the devices and the real files", async () => {
      const { ended } = runtime(`ls -d /proc/[0-9]* | wc -l; [ -c /dev/null ] && ls ${top} && touch made && stat -c %a /tmp; echo x > /dev/stderr; id -u`, {
        under,
      });
      const { head } = JSON.parse((await ended).stdout);
      const [count, ...rest] = head.split("\n");
      expect(Number(count)).toBeLessThan(8);
      expect(rest).toContain("1777");
      expect(rest.slice(-3)).toEqual(["x", under.length > 0 ? "65534" : String(process.getuid?.()), ""]);
      expect(fs.existsSync(file("made"))).toBe(true);
    });
  });

  test("output and exit code are on the disk when the command has ended, whatever becomes of the runtime", async () => {
    const { child, ended } = runtime("echo printed; exit 7");
    await expect.poll(() => readExitCode(runFolderAt(file("runs/step"))), { timeout: 10_000 }).toEqual({ code: 7, sure: true });
    child.kill("SIGKILL");
    await ended;
    expect(text("runs/step/output")).toBe("printed\n");
  });
  test("a signal to the runtime's group, as from a terminal, ends all of it", async () => {
    const { child, ended } = runtime(tree);
    await expect.poll(() => text("f"), { timeout: 10_000 }).toBe("START\n");
    child.kill("SIGINT");
    await ended;
    await expect.poll(marked, { timeout: 1000 }).toEqual([]);
  });
  test("where bubblewrap cannot make one, the command runs all the same, once, and the reason is said", async () => {
    fs.mkdirSync(file("bin"));
    fs.writeFileSync(file("bin/bwrap"), "#!/bin/sh\necho 'bwrap: setting up uid map: Permission denied' >&2\nexit 1\n", { mode: 0o755 });
    const { ended } = runtime("echo ran >> f; echo ran", { path: file("bin") });
    const { stdout, stderr } = await ended;
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toMatchObject({ ended: "exited", exitCode: 0, head: "ran\n" });
    expect(JSON.parse(stdout).missing).toEqual([
      expect.stringMatching(/without a process namespace: .*\(bwrap: setting up uid map: Permission denied\).*(docker run|sysctl)/),
    ]);
    expect(text("f")).toBe("ran\n");
  });
});

needs("setsid").describe("watched, without bubblewrap", () => {
  test("kill -9 of the runtime ends the process group", async () => {
    const { child, ended } = runtime("echo START >> f; (sleep 2; echo LATE >> f) & sleep 2.2; echo DONE >> f", { path: pathWithout("bwrap", file("bin")) });
    await expect.poll(() => text("f"), { timeout: 10_000 }).toBe("START\n");
    await pause(100);
    child.kill("SIGKILL");
    await ended;
    await expect.poll(marked, { timeout: 1000 }).toEqual([]);
    await pause(2500);
    expect(text("f")).toBe("START\n");
  });
  test("what is missing is said with the command that installs it; what left the group is named with how to end it", async () => {
    const { ended } = runtime("setsid -f sleep 20 >/dev/null 2>&1; echo done", { path: pathWithout("bwrap", file("bin")) });
    const { head, says, missing } = JSON.parse((await ended).stdout);
    expect(head).toBe("done\n");
    expect(missing).toEqual([expect.stringMatching(/bubblewrap is not installed\. Install it, for example with: .*install|add|-S/)]);
    const pid = Number(/End them with: kill (\d+)/.exec(says)?.[1]);
    expect(says).toMatch(new RegExp(` ${pid} \\((setsid -f )?sleep 20\\)`));
    process.kill(pid, "SIGKILL");
  });
  test("wait in a command does not wait for the watcher, and nothing of it stays", async () => {
    const { ended } = runtime("sleep 0.1 & wait; jobs; echo $!x done", { path: pathWithout("bwrap", file("bin")) });
    expect(JSON.parse((await ended).stdout).head).toMatch(/^\d+x done\n$/);
    await expect.poll(marked, { timeout: 1000 }).toEqual([]);
  });
});

describe("what other systems answer", () => {
  test("bubblewrap's refusals, and the command that mends each", () => {
    expect(explainFailure("bwrap: setting up uid map: Permission denied\n", false)).toContain("sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
    expect(explainFailure("bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", false)).toContain("apparmor_restrict_unprivileged_userns=0");
    expect(
      explainFailure("bwrap: No permissions to creating new namespace, likely because the kernel does not allow non-privileged user namespaces.", false),
    ).toContain("user.max_user_namespaces");
    expect(explainFailure("bwrap: Can't mount proc on /newroot/proc: Operation not permitted", true)).toContain("docker run --security-opt");
    expect(explainFailure("", false)).toContain("bwrap --dev-bind / /");
  });
  test("ps on macOS", () => {
    expect(startFromPs("Sun Nov 22 12:00:01 2026    \n")).toBe("Sun Nov 22 12:00:01 2026");
    expect(startFromPs("\n")).toBeNull();
    expect(membersFromPs("  501   500 S\n  500   500 Ss+\n  502   500 Z\n  600   600 S\n\n", 500)).toEqual([501, 500]);
  });
});
