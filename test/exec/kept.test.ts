// Jobs that the person lets go on: they outlive the process that started them, and another one finds, reads and ends them.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { cleanEnvironment, createCages, createShell, findKept, findStrays, identify, type Machine, nodeMachine, type Shell } from "../../src/exec/index.ts";
import { listenTo } from "../support/child-process.ts";
import { needs } from "../support/needs.ts";
import { pathWithout } from "../support/path-without.ts";

let top = "";
let shells: Shell[] = [];
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "kept-")));
  shells = [];
});
afterEach(async () => {
  for (const { work } of findKept(file("runs"))) await work.end(100);
  for (const shell of shells) await shell.close();
  for (const { pid } of findStrays([`key ${top}`])) endNow(pid);
  fs.rmSync(top, { recursive: true, force: true });
});
const file = (name: string) => join(top, name);
/** It may be gone by now. */
function endNow(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}
const text = (name: string) => (fs.existsSync(file(name)) ? fs.readFileSync(file(name), "utf8") : "");
const marked = () => findStrays([`key ${top}`]).map(({ says }) => says);
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

interface Setting {
  readonly keepJobs?: boolean;
  readonly path?: string;
  readonly wholeBytes?: number;
  /** A program and arguments to run it under. */
  readonly under?: readonly string[];
}
/** What another process said of a job that it started, before it was killed by SIGKILL. */
async function startAndDie(command: string, { keepJobs = true, path = process.env["PATH"] ?? "", wholeBytes, under = [] }: Setting = {}) {
  const options = JSON.stringify({ top, command, path, keepJobs, wholeBytes });
  const [program = "", ...rest] = [...under, process.execPath, join(import.meta.dirname, "kept-runtime.ts"), options];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "inherit"] });
  const { stdout, ended } = listenTo(child);
  await expect.poll(stdout, { timeout: 15_000 }).toMatch(/\n$/);
  child.kill("SIGKILL");
  await ended;
  return JSON.parse(stdout()) as { readonly ended: string; readonly exitCode: number | null; readonly head: string; readonly job?: { readonly pid: number } };
}

/** A shell of this process over the same folder, as the next session's process has it. */
function nextShell(): Shell {
  const folder = file("private");
  const environment = cleanEnvironment(process.env);
  const cages = createCages(environment["PATH"] ?? "", () => undefined);
  const shell = createShell({ cwd: top, environment, folder, runs: file("runs"), cages, keep: async () => ({ ok: true, value: "kept" }) });
  shells.push(shell);
  return shell;
}

const ways = [
  ...(needs("bwrap").missing.length === 0 ? [{ way: "in a namespace", path: () => process.env["PATH"] ?? "" }] : []),
  { way: "without a namespace", path: () => pathWithout("bwrap", file("bin")) },
];
describe.each(ways)("$way", ({ way, path }) => {
  test("it goes on when its runtime is killed; the next process lists, reads and ends all of it, setsid children too", async () => {
    const command = "echo up; (setsid sh -c 'sleep 300; echo LATE >> f') & (while sleep 0.1; do echo tick; done)";
    const { ended, job } = await startAndDie(command, { path: path() });
    expect(ended).toBe("started");
    await pause(300);
    expect(marked().length).toBeGreaterThan(3);
    const shell = nextShell();
    expect(shell.adopt(() => true)).toMatchObject([{ job: "j1", command, pid: job?.pid, runs: true, kept: true, exitCode: null }]);
    await expect.poll(() => shell.jobs.read("j1", 100_000, 0)?.text, { timeout: 3000 }).toMatch(/^up\n(tick\n){5,}$/);
    expect(shell.jobs.get("j1")?.milliseconds).toBeGreaterThan(300);
    await shell.jobs.end("j1");
    await expect.poll(marked, { timeout: 2000 }).toEqual([]);
    expect(shell.jobs.get("j1")).toMatchObject({ runs: false });
  }, 20_000);

  test("what ended in between: its exit code and its output, once", async () => {
    await startAndDie("echo before; sleep 0.5; echo after; exit 7", { path: path() });
    await expect.poll(() => findKept(file("runs"))[0]?.work.alive(), { timeout: 5000 }).toBe(false);
    const shell = nextShell();
    expect(shell.adopt(() => true)).toMatchObject([{ job: "j1", runs: false, exitCode: 7 }]);
    expect(shell.jobs.takeEnded()).toMatchObject([{ job: "j1", exitCode: 7 }]);
    expect(shell.jobs.last("j1", 100)).toBe("before\nafter\n");
    shell.durable();
    const third = nextShell();
    expect(third.adopt(() => true)).toEqual([]);
    third.durable();
    await expect.poll(() => findKept(file("runs")), { timeout: 2000 }).toEqual([]);
  });

  test("one that ends at once is told as a result", async () => {
    const { ended, exitCode, head, job } = await startAndDie("echo no such thing; exit 3", { path: path() });
    expect({ ended, exitCode, head, job }).toEqual({ ended: "exited", exitCode: 3, head: "no such thing\n", job: undefined });
  });

  test("asked to end, it can: its own exit code, what it still prints", async () => {
    await startAndDie("trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.1; done", { path: path() });
    const shell = nextShell();
    shell.adopt(() => true);
    // what is ended before it has begun hears nothing
    await expect.poll(() => shell.jobs.read("j1", 1000, 0)?.text, { timeout: 5000 }).toMatch(/^up/);
    await shell.jobs.end("j1");
    expect(shell.jobs.get("j1")).toMatchObject({ runs: false, exitCode: 9 });
    expect(shell.jobs.read("j1", 1000, 0)?.text).toMatch(/^up\n(Terminated\n)?bye\n$/);
  });

  test("what its shell leaves running is still it", async () => {
    await startAndDie("(sleep 300 >/dev/null 2>&1) & sleep 0.4; exit 5", { path: path() });
    await pause(1200);
    const shell = nextShell();
    expect(shell.adopt(() => true)).toMatchObject([{ runs: true, exitCode: 5 }]);
    await shell.jobs.end("j1");
    await expect.poll(marked, { timeout: 2000 }).toEqual([]);
  });

  test("a hundred megabytes printed: the files stay within their bytes, the end can be read, and it is not ended by that", async () => {
    const wholeBytes = 1024 * 1024;
    await startAndDie("echo first line; head -c 100000000 /dev/zero | tr '\\0' 'x'; echo; echo last line; sleep 300", { path: path(), wholeBytes });
    const shell = nextShell();
    shell.adopt(() => true);
    await expect.poll(() => shell.jobs.last("j1", 100), { timeout: 30_000 }).toMatch(/x\nlast line\n$/);
    const folder = file("runs/step");
    const size = () => fs.readdirSync(folder).reduce((sum, name) => sum + fs.statSync(join(folder, name)).size, 0);
    expect(size()).toBeLessThan(wholeBytes + 10_000);
    expect(size()).toBeGreaterThan(wholeBytes / 2);
    expect(shell.jobs.get("j1")?.runs).toBe(true);
    expect(shell.jobs.get("j1")?.bytes).toBeGreaterThan(50_000_000);
    expect(shell.jobs.read("j1", 20, 0)?.text).toBe("first line\nxxxxxxxxx");
    const middle = shell.jobs.read("j1", 10, 40_000_000);
    expect(middle?.from).toBeGreaterThan(50_000_000);
    expect(text("runs/step/line")).toMatch(/^(ready\n)?$/);
    if (way === "in a namespace") expect(fs.statSync(join(folder, "output")).mode & 0o777).toBe(0o600);
  }, 40_000);
});

needs("bwrap").test("on a full disk the job goes on, what it prints is thrown away, and that is said", async () => {
  fs.mkdirSync(file("runs"));
  const under = ["bwrap", "--dev-bind", "/", "/", "--die-with-parent", "--size", "200000", "--tmpfs", file("runs"), "--"];
  const { ended } = await startAndDie(
    "head -c 5000000 /dev/zero; echo printed; sleep 0.3; ls runs/step > seen; stat -c %s runs/step/output > size; exec sleep 300",
    {
      under,
    },
  );
  expect(ended).toBe("started");
  await expect.poll(() => text("size"), { timeout: 10_000 }).toMatch(/\n$/);
  expect(text("seen").split("\n")).toContain("cut");
  expect(Number(text("size"))).toBeGreaterThan(50_000);
  expect(marked().filter((says) => says.startsWith("sleep 300"))).toHaveLength(1);
});

test.each(["before", "after"] as const)(
  "dying %s each operation of its start leaves nothing that runs without a record",
  async (moment) => {
    fs.mkdirSync(file("private"));
    const environment = cleanEnvironment(process.env);
    const cages = createCages(environment["PATH"] ?? "", () => undefined);
    const seen = new Map<string, string>();
    for (let at = 1; !seen.has("none"); at++) {
      let count = 0;
      let died = "none";
      const wrap =
        (name: keyof Machine) =>
        (...given: readonly unknown[]): unknown => {
          const dies = died !== "none" || ++count === at;
          if (died === "none" && dies) died = name;
          else if (dies) throw new Error("the process is dead");
          if (!dies || moment === "after") {
            const result = Reflect.apply(nodeMachine[name], nodeMachine, given);
            // the word that it waits for never comes from a process that is dead
            if (!dies) return result;
            if (name === "start") (result as ReturnType<Machine["start"]>).stdin?.destroy();
          }
          throw new Error("the process is dead");
        };
      const machine = new Proxy(nodeMachine, { get: (_, name) => wrap(name as keyof Machine) });
      const keep = async (): Promise<{ readonly ok: true; readonly value: string }> => ({ ok: true, value: "kept" });
      const runs = file(`runs-${at}`);
      const shell = createShell({ cwd: top, environment, folder: file("private"), runs, cages, keep, machine, keepJobs: true });
      const how = { cwd: top, timeout: 1, signal: new AbortController().signal, onOutput: () => undefined, onStart: () => undefined, background: true };
      const { ended } = await shell.run({ ...how, command: `echo ran >> ran-${at}; sleep 300`, step: "step", key: `key ${top}` });
      seen.set(died, ended);
      const found = findKept(runs);
      if (died === "none") expect(found.map(({ work }) => work.alive())).toEqual([true]);
      else await expect.poll(marked, { timeout: 2000 }).toEqual([]);
      if (found.length === 0) expect(fs.existsSync(file(`ran-${at}`))).toBe(false);
      for (const { work } of found) await work.end(0);
    }
    expect([...seen.keys()]).toEqual(expect.arrayContaining(["makeFolder", "create", "start", "put", "rename", "none"]));
    expect([...seen].filter(([, ended]) => ended === "started").map(([name]) => name)).toEqual(expect.arrayContaining(["none"]));
  },
  30_000,
);

test("without the setting it dies with its runtime, and there is nothing to take up", async () => {
  await startAndDie("sleep 300; echo LATE >> f", { keepJobs: false });
  await expect.poll(marked, { timeout: 2000 }).toEqual([]);
  expect(nextShell().adopt(() => true)).toEqual([]);
});

test("nothing of it runs when its start was not recorded", async () => {
  const run = file("runs/step");
  fs.mkdirSync(join(run, "job.json.new"), { recursive: true });
  const { ended } = await startAndDie("echo ran >> f");
  expect(ended).toBe("not-started");
  await expect.poll(marked, { timeout: 2000 }).toEqual([]);
  expect(text("f")).toBe("");
});

describe("a record that is not of a process that runs", () => {
  /** A process of somebody else, and a record that names it. */
  function forge(change: (identity: ReturnType<typeof identify>) => object): { readonly pid: number; readonly ended: () => boolean } {
    const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
    let ended = false;
    child.once("exit", () => {
      ended = true;
    });
    const identity = identify(child.pid ?? 0);
    fs.mkdirSync(file("runs/step"), { recursive: true });
    const record = { job: "j3", command: "npm run dev", cwd: top, began: Date.now() - 5000, kept: { key: `other ${top}`, namespace: true } };
    fs.writeFileSync(file("runs/step/job.json"), JSON.stringify({ ...record, process: { ...identity, ...change(identity) } }));
    return { pid: identity.pid, ended: () => ended };
  }
  const cases = [
    { what: "the pid is used again", change: ({ started }: { started: string | null }) => ({ started: String(Number(started) - 1) }), restarted: false },
    { what: "the system was started again", change: () => ({ boot: "another" }), restarted: true },
    { what: "its start was never known", change: () => ({ started: null }), restarted: false },
  ];
  test.each(cases)("$what: it counts as ended, and the other process is left alone", async ({ change, restarted }) => {
    const other = forge(change);
    const shell = nextShell();
    expect(shell.adopt(() => true)).toMatchObject([{ job: "j3", runs: false, exitCode: null, restarted }]);
    await shell.jobs.end("j3");
    for (const { work } of findKept(file("runs"))) await work.end(0);
    await pause(100);
    expect(other.ended()).toBe(false);
    process.kill(other.pid, "SIGKILL");
  });

  test("a child-pid that is not of its supervisor is not believed", async () => {
    const { job } = await startAndDie("sleep 300");
    const child = spawn("sleep", ["300"], { detached: true, stdio: "ignore" });
    let ended = false;
    child.once("exit", () => {
      ended = true;
    });
    fs.writeFileSync(file("runs/step/exit"), `{ "child-pid": ${child.pid} }\n`);
    const shell = nextShell();
    shell.adopt(() => true);
    await shell.jobs.end("j1");
    await expect.poll(marked, { timeout: 2000 }).toEqual([]);
    expect(job?.pid).toBeGreaterThan(0);
    expect(ended).toBe(false);
    child.kill("SIGKILL");
  });

  test.each(["", "{", "null", "[]", '{"kept":{}}', '{"job":"j1","kept":{"key":"k","namespace":true}}'])("a record that says %j is none", (content) => {
    fs.mkdirSync(file("runs/step"), { recursive: true });
    fs.writeFileSync(file("runs/step/job.json"), content);
    expect(nextShell().adopt(() => true)).toEqual([]);
  });
});

test("a step without a result is not taken up: its recovery ends what it began", async () => {
  await startAndDie("sleep 300");
  expect(nextShell().adopt(() => false)).toEqual([]);
  expect(findKept(file("runs"))[0]?.work.alive()).toBe(true);
});
