// A session that is killed, resumed and looked at: what each call was told against what is really there.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, onTestFinished } from "vitest";
import { projectSlug, type RunEnd } from "../../src/index.ts";
import type { Entry } from "../../src/session/index.ts";
import type { ModelServer, Script, Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "../agent/prefix.ts";
import {
  bash,
  edit,
  entriesOf,
  environmentFor,
  modelFor,
  type Place,
  read,
  readJournal,
  sharedCompileCache,
  statelessScript,
  text,
  type WireChoice,
} from "../agent/support.ts";
import { listenTo } from "../support/child-process.ts";
import type { ChildOptions } from "./child.ts";

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly end: RunEnd | null;
  /** Disk operations of the whole run, when it lived to say so. */
  readonly operations: number;
  readonly errors: string;
}
export interface Child {
  readonly pid: number;
  kill(): void;
  readonly ended: Promise<ChildEnd>;
}

export function startChild(options: ChildOptions, before: readonly string[] = []): Child {
  const [program = "", ...rest] = [...before, process.execPath, join(import.meta.dirname, "child.ts"), JSON.stringify(options)];
  const child = spawn(program, rest, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...sharedCompileCache } });
  onTestFinished(() => void child.kill("SIGKILL"));
  const ended = listenTo(child).ended.then(({ code, signal, stdout, stderr }): ChildEnd => {
    const last = stdout.trimEnd().split("\n").at(-1) ?? "";
    const exit = last.startsWith('{"type":"exit"') ? (JSON.parse(last) as { end: RunEnd; operations: number }) : null;
    return { code, signal, end: exit?.end ?? null, operations: exit?.operations ?? 0, errors: stderr };
  });
  return { pid: child.pid ?? 0, kill: () => void child.kill("SIGKILL"), ended };
}

export const childOptions = (place: Place, server: ModelServer, wire: WireChoice, input: string | null): ChildOptions => ({
  project: place.project,
  home: place.home,
  session: "crashed",
  input,
  model: modelFor(wire),
  environment: environmentFor(wire, server),
});
export const journalOf = (place: Place): readonly Entry[] => readJournal(join(place.home, "projects", projectSlug(place.project), "crashed", "journal.jsonl"));

/** Rounds of a read, an edit that adds a mark of its own, and a command that adds a line of its own. */
export function crashScript(wire: WireChoice, rounds: number): Script {
  const replies = Array.from({ length: rounds }, (_, index) => index).flatMap((round): Turn["reply"][] => [
    [read("list.txt")],
    [edit("list.txt", `item ${round}\n`, `done ${round}\n`), bash(`echo ${round} >> ran.txt`)],
  ]);
  replies.push([text("All is done.")]);
  return statelessScript(wire, replies);
}
export const crashList = (rounds: number): string => Array.from({ length: rounds }, (_, round) => `item ${round}\n`).join("");

interface Told {
  readonly round: number;
  readonly tool: string;
  readonly text: string;
  readonly failed: boolean;
}

/** Everything that must hold after a kill and a resume. */
export function checkCrash(place: Place, server: ModelServer, rounds: number): { readonly unknown: number; readonly notApplied: number } {
  expect(prefixBreaks(server.requests)).toEqual([]);
  expect(server.requests.filter((request) => request.outcome === "refused").map((request) => request.says)).toEqual([]);
  const entries = journalOf(place);
  entries.forEach((entry, index) => void expect(entry.seq).toBe(index));
  const told = resultsOf(entries);
  expect(told).toHaveLength(rounds * 3);
  let unknown = 0;
  let notApplied = 0;
  const ran = readLines(place, "ran.txt");
  const list = readLines(place, "list.txt");
  for (const one of told) {
    if (one.tool === "read") expect(one).toMatchObject({ failed: false });
    if (one.tool === "edit") {
      const isDone = list.filter((line) => line === `done ${one.round}`).length;
      const isLeft = list.filter((line) => line === `item ${one.round}`).length;
      expect(isDone + isLeft).toBe(1);
      expect(isDone, `edit ${one.round} was told: ${one.text}`).toBe(one.failed ? 0 : 1);
      if (one.failed) expect(one.text).toMatch(/not applied|^Not begun/);
      if (one.failed) notApplied += 1;
    }
    if (one.tool === "bash") {
      const times = ran.filter((line) => line === String(one.round)).length;
      expect(times, `bash ${one.round} ran ${times} times and was told: ${one.text}`).toBeLessThanOrEqual(1);
      if (!one.failed) expect(times).toBe(1);
      else if (one.text.startsWith("Not begun")) expect(times).toBe(0);
      else {
        expect(one.text).toContain("not known");
        unknown += 1;
      }
    }
  }
  return { unknown, notApplied };
}

function readLines(place: Place, name: string): readonly string[] {
  try {
    return place.read(name).split("\n");
  } catch {
    return [];
  }
}

/** The result of each call as the journal has it: exactly one closing line a step, one step a call. */
function resultsOf(entries: readonly Entry[]): readonly Told[] {
  const planned = new Map<string, { readonly call: string; readonly tool: string; readonly input: unknown }>();
  const closed = new Map<string, Told>();
  for (const { change } of entriesOf(entries, "step")) {
    if (change.to === "planned") {
      expect([...planned.values()].map((one) => one.call)).not.toContain(change.call.id);
      planned.set(change.step, { call: change.call.id, tool: change.call.tool, input: change.call.input });
    }
    // what an earlier call of its reply held up ends without a result
    const heldUp = change.to === "cancelled" ? ({ parts: [{ type: "text", text: change.why }], failed: true } as const) : null;
    const result = "result" in change ? change.result : heldUp;
    if (!result) continue;
    expect(closed.has(change.step), `step ${change.step} was closed twice`).toBe(false);
    const { tool = "?", input } = planned.get(change.step) ?? {};
    const round = tool === "read" ? -1 : Number(/(?:item |echo )(\d+)/.exec(JSON.stringify(input))?.[1]);
    closed.set(change.step, { round, tool, failed: result.failed, text: result.parts.map((part) => (part.type === "text" ? part.text : "")).join("") });
  }
  expect(closed.size).toBe(planned.size);
  return [...closed.values()];
}
