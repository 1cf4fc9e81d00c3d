// One contender, one script, once: started, answered by the responder, ended; and the times in between.
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Contender } from "./contender.ts";
import { type Memory, watchMemory } from "./memory.ts";
import { now } from "./now.ts";
import type { Played, Responder } from "./responder.ts";
import type { Script } from "./script.ts";

export interface Setting {
  readonly responder: Responder;
  readonly contender: Contender;
  readonly script: Script;
  readonly cwd: string;
  readonly home: string;
  /** Keep the bodies of all requests. */
  readonly keep?: boolean;
  /** Sample memory: costs time, so not together with timings. */
  readonly memory?: boolean;
}

/** All times in milliseconds. */
export interface Run {
  /** From just before the start of the process to the headers of the first model request. */
  readonly first: number;
  /** Per turn: from just before its reply was handed to the kernel to the headers of the next request. */
  readonly gaps: readonly number[];
  readonly wall: number;
  /** From just before the last reply was handed to the kernel to the end of the process. */
  readonly exit: number;
  /** Model requests beyond what the script asks for, and requests that were no model calls. */
  readonly unasked: number;
  /** Of the process tree, where it was asked for. */
  readonly peak: Memory | null;
  readonly bodies: readonly string[];
  readonly last: string;
}

const patience = 120_000;

/** Throws when the contender fails, stops early, or a tool of its fails: such a run measures nothing. */
export async function measure(setting: Setting): Promise<Run> {
  const { responder, contender, script, cwd, home } = setting;
  await responder.play(script, setting.keep ?? false);
  const env = { ...contender.environment(home, responder.url) };
  const started = now();
  const child = spawn(process.execPath, contender.prompt("Say hi."), { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
  const ended = once(child, "exit").then(([code]) => ({ code: code as number | null, at: now() }));
  const memory = setting.memory && child.pid !== undefined ? watchMemory(child.pid) : null;
  let says = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (says = (says + text).slice(-4_000)));
  const timer = setTimeout(() => child.kill("SIGKILL"), patience);
  const { code, at } = await ended;
  clearTimeout(timer);
  const peak = memory?.end() ?? null;
  const played = await responder.collect();
  const trouble = troubleOf(code, played, script);
  if (trouble !== null) throw new Error(`${contender.name}: ${trouble}. ${says}`);
  return { ...timesOf(played, started, at), peak, bodies: played.bodies, last: played.last, unasked: unaskedOf(played, script) };
}

function troubleOf(code: number | null, played: Played, script: Script): string | null {
  if (code !== 0) return `ended with ${code ?? "a signal"}`;
  if (played.arrived.length <= script.length) return `${played.arrived.length} model requests came where ${script.length + 1} were due`;
  if (played.last.includes('"is_error":true')) return `a tool failed: ${played.last.slice(played.last.indexOf('"is_error":true') - 400)}`;
  return null;
}

function timesOf(played: Played, started: number, ended: number): Pick<Run, "first" | "gaps" | "wall" | "exit"> {
  const { arrived, handed } = played;
  return {
    first: (arrived[0] ?? Number.NaN) - started,
    gaps: arrived.slice(1).map((at, turn) => at - (handed[turn] ?? Number.NaN)),
    wall: ended - started,
    exit: ended - (handed.at(-1) ?? Number.NaN),
  };
}

const unaskedOf = (played: Played, script: Script): number => played.arrived.length - (script.length + 1) + played.strange.length;

/** Milliseconds of one start without a model, until the process has ended. */
export async function timeProcess(words: readonly string[], cwd: string, env: Readonly<Record<string, string>>): Promise<number> {
  const started = now();
  const [code] = (await once(spawn(process.execPath, words, { cwd, env: { ...env }, stdio: "ignore" }), "exit")) as [number | null];
  const took = now() - started;
  if (code !== 0) throw new Error(`node ${words.join(" ")} ended with ${code}`);
  return took;
}
