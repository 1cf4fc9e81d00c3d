// That all a shell does to the machine passes one seam, where a test can count it, and end a process before or after each.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { cleanEnvironment, createCages, createShell, findStrays, type Machine, nodeMachine } from "../../src/exec/index.ts";

interface Death {
  /** The number of the operation; of a name, among those of this name: how many pieces output comes in differs each time. */
  readonly at: number;
  readonly of?: keyof Machine;
  readonly moment: "before" | "after";
}

/** Counts operations; from its death on, nothing is done any more. */
function mortal(death: Death | null): { readonly machine: Machine; readonly operations: readonly string[] } {
  const operations: string[] = [];
  let dead = false;
  const die = (): never => {
    dead = true;
    throw Object.assign(new Error("the process is dead"), { code: "EDEAD" });
  };
  const wrap =
    (name: keyof Machine) =>
    (...given: readonly unknown[]): unknown => {
      if (dead) die();
      operations.push(name);
      const number = death?.of === undefined ? operations.length : operations.filter((one) => one === death.of).length;
      if (death?.at !== number || (death.of ?? name) !== name) return Reflect.apply(nodeMachine[name], nodeMachine, given);
      if (death.moment === "after") Reflect.apply(nodeMachine[name], nodeMachine, given);
      return die();
    };
  return { machine: new Proxy(nodeMachine, { get: (_, name) => wrap(name as keyof Machine) }), operations };
}

const commands = ["echo one; echo ran >> a", "seq 1 30000; exit 3", "sleep 20 & echo ran >> b"];

/** A shell's life on a machine, with what is left of it. */
async function live(death: Death | null) {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "machine-")));
  onTestFinished(() => fs.rmSync(top, { recursive: true, force: true }));
  const folder = join(top, "private");
  fs.mkdirSync(folder);
  const { machine, operations } = mortal(death);
  const environment = cleanEnvironment(process.env);
  const cages = createCages(environment["PATH"] ?? "", () => undefined, machine);
  const keep = async (): Promise<{ readonly ok: true; readonly value: string }> => ({ ok: true, value: "kept" });
  const shell = createShell({ cwd: top, environment, folder, runs: join(top, "runs"), cages, keep, machine, wholeBytes: 100_000 });
  const signal = new AbortController().signal;
  const how = { cwd: top, timeout: 10_000, signal, onOutput: () => undefined, onStart: () => undefined, key: top };
  const outcomes = [];
  for (const [index, command] of commands.entries()) {
    const step = `s${index}`;
    outcomes.push(await shell.run({ ...how, command, step }));
    shell.settled(step);
    shell.durable();
  }
  const files = ["a", "b"].filter((name) => fs.existsSync(join(top, name)));
  await shell.close();
  return { outcomes, operations, files, left: () => findStrays([top]), folder };
}

test("folders, files, programs: each operation is counted, in one order, the same each time", async () => {
  const first = await live(null);
  expect(first.outcomes.map(({ exitCode }) => exitCode)).toEqual([0, 3, 0]);
  expect(new Set(first.operations)).toEqual(
    new Set(["makeFolder", "create", "start", "runToEnd", "write", "put", "rename", "remove", "removeLater", "removeFolder"]),
  );
  const second = await live(null);
  // a flood's pieces, and how often its end is written anew, are a matter of time
  const steady = (operations: readonly string[]) => operations.filter((name) => !["write", "put", "rename"].includes(name));
  expect(steady(second.operations)).toEqual(steady(first.operations));
  expect(fs.readdirSync(first.folder)).toEqual([]);
});

test("a death before a program's start means that it never runs; after any operation nothing more begins, and nothing is left", async () => {
  const { operations } = await live(null);
  expect(operations.filter((name) => name === "start")).toHaveLength(commands.length);
  const before = await live({ at: 1, of: "start", moment: "before" });
  expect(before.files).toEqual([]);
  expect(before.outcomes.map(({ ended }) => ended)).toEqual(["not-started", "not-started", "not-started"]);
  expect(before.operations.at(-1)).toBe("start");
  expect((await live({ at: 3, of: "start", moment: "before" })).files).toEqual(["a"]);
  for (let at = 1; at <= operations.length; at += 1) {
    const life = await live({ at, moment: "before" });
    await expect.poll(life.left, { timeout: 1000 }).toEqual([]);
    expect(life.operations.length).toBeLessThanOrEqual(at);
  }
}, 60_000);
