// The shell of a session: commands one after another, of which only the working folder is kept, and the jobs they leave.
//
// Owns: the working folder, the folders of runs, the jobs. Calls: process, cage, jobs, runs, sandbox, strays.
// Invariants
//  H1  No command runs unless it ends with this process: in a namespace, else watched; what escapes a watcher is said.
//      Excepted are jobs that the person lets go on, which are recorded before they begin (kept.ts).
//  H2  What a command leaves on the disk stays until the step it belongs to is closed for good.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { BosunError, type Outcome } from "../base/index.ts";
import { closePrologues } from "./bash.ts";
import type { Cages } from "./cage.ts";
import type { Identity } from "./identity.ts";
import { createJobs, type Jobs, type JobView, type Work } from "./jobs.ts";
import { findKept, hasBegun, startKept, workOf } from "./kept.ts";
import { type Machine, nodeMachine, removeQuietly } from "./machine.ts";
import { patienceOf, startMilliseconds } from "./patience.ts";
import { createPipes, type Pipes } from "./pipes.ts";
import { type CommandOutcome, type CommandRequest, notStarted, type Running, startCommand } from "./process.ts";
import { createRunFolders, type RunFolders } from "./run-folders.ts";
import { listRuns, type RunFolder, readJob, runFolderAt, writeJob } from "./runs.ts";
import type { Bounds } from "./sandbox/bounds.ts";
import type { DomainFilter } from "./sandbox/domain-filter.ts";
import { keptNames } from "./sandbox/exports.ts";
import { type Arrangements, createArrangements, noSandbox, type Placed, placeCommand, type SandboxReport } from "./sandbox/place.ts";
import type { SandboxState } from "./sandbox/probe.ts";
import type { Arrangement, Profile, Sandbox } from "./sandbox/sandbox.ts";
import { takeAwayLeftOvers } from "./sandbox/targets.ts";
import { findWalls, type Wall } from "./sandbox/walls.ts";
import { pause } from "./stopper.ts";
import { findStrays, markName } from "./strays.ts";
import { systemSays } from "./system-error.ts";
import { readable } from "./text.ts";

export interface ShellSettings {
  /** Where the first command starts: absolute, links resolved. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** A private folder that exists: for output on its way to the store and for pipes. */
  readonly folder: string;
  /** Where each command has a folder of its own while its step is open. Made when needed. */
  readonly runs: string;
  readonly cages: Cages;
  /** Keeps the whole output of a command; gives its SHA-256. */
  readonly keep: (bytes: Uint8Array) => Promise<Outcome<string>>;
  /** The highest number that a job of this session has had. */
  readonly lastJob?: number;
  /** Commands that are started in the background go on after the session: the person says so, nobody else. */
  readonly keepJobs?: boolean;
  readonly headBytes?: number;
  readonly tailBytes?: number;
  readonly wholeBytes?: number;
  readonly machine?: Machine;
  /** Absent: commands have their namespace and nothing around it. */
  readonly sandbox?: Sandbox;
  readonly bounds?: Bounds;
  /** Names of exported variables that carry over to the next command; those that decide what runs never do. */
  readonly keepExports?: readonly string[];
  /** What becomes of a command when its time is over; default: it is ended. */
  readonly onTimeout?: "stop" | "background" | undefined;
  /** In place of the sandbox's own workspace profile. */
  readonly domainFilter?: DomainFilter;
}
export interface ShellCommand {
  readonly command: string;
  readonly cwd: string;
  /** Milliseconds; without meaning for one that is started in the background. */
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
  readonly onStart: (process: Identity) => void;
  /** It goes on after this call, as a job. */
  readonly background?: boolean | undefined;
  /** Names its folder; unique in the session. */
  readonly step: string;
  /** What its processes are marked with. */
  readonly key: string;
  /** Absent: "open". */
  readonly profile?: Profile | undefined;
}
export interface ShellResult {
  /** "started": it goes on in the background. */
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started" | "started";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** SHA-256 of the kept output, when something was left out of head and tail. */
  readonly blob: string | null;
  readonly cwd: string | null;
  readonly milliseconds: number;
  /** What goes on: its name, its process, the file its output goes to. */
  readonly job?: { readonly name: string; readonly pid: number; readonly path: string | null; readonly kept: boolean };
  readonly says?: string;
  /** What it ran in, when it was asked for a profile. */
  readonly sandbox?: SandboxReport;
  /** The walls of its sandbox that it seems to have met. */
  readonly walls?: readonly Wall[];
}
export interface Shell {
  run(command: ShellCommand): Promise<ShellResult>;
  /** The folder the next command starts in; the first one again when it does not exist any more, which the next outcome says. */
  cwd(): string;
  /** Sets it, as a resumed session does. */
  enter(folder: string): void;
  readonly jobs: Jobs;
  /** Whether commands can be kept in a profile here. */
  sandboxState(): SandboxState;
  /** Takes up the jobs that earlier processes of this session let go on, also those that ended in between. `isClosed`: of a step. */
  adopt(isClosed: (step: string) => boolean): readonly JobView[];
  /** The step of a command has its closing line. */
  settled(step: string): void;
  /** All closing lines so far are on the disk. */
  durable(): void;
  /** Ends the jobs and lets go of its pipes. */
  close(): Promise<void>;
}

/** How long a namespace may take to be made. */
const slowStartMilliseconds = 5000;

export function createShell(settings: ShellSettings): Shell {
  let here = settings.cwd;
  let lost: string | null = null;
  const machine = settings.machine ?? nodeMachine;
  const pipes = createPipes(settings.folder, machine);
  const jobs = createJobs(settings.lastJob ?? 0, machine);
  const runs = createRunFolders(settings.runs, machine);
  const limits = {
    headBytes: settings.headBytes ?? 10_000,
    tailBytes: settings.tailBytes ?? 20_000,
    wholeBytes: settings.wholeBytes ?? 8 * 1024 * 1024,
    folder: settings.folder,
  };
  const arrangements = createArrangements();
  const kept: Kept = { names: keptNames(settings.keepExports ?? []), values: {} };
  const hands: Hands = { settings, limits, pipes, jobs, runs, machine, arrangements, kept };
  const earlier = settings.sandbox === undefined ? [] : listRuns(settings.runs).map((step) => runFolderAt(join(settings.runs, step)));
  takeAwayLeftOvers(machine, earlier, (run) => !goesOn(run));
  return {
    async run(command) {
      const filtered = await filterDomains(settings, command);
      const { folder, says, ...result } = typeof filtered === "string" ? failedStart(filtered) : await carryOut(hands, filtered);
      arrangements.sweep();
      if (folder !== null) here = folder;
      const moved = lost === null ? [] : [`The working folder ${lost} does not exist any more: this ran in ${command.cwd}.`];
      lost = null;
      const remarks = [...moved, ...says];
      return { ...result, cwd: folder, ...(remarks.length === 0 ? {} : { says: remarks.join(" ") }) };
    },
    jobs,
    sandboxState: () => settings.sandbox?.state() ?? { works: false, why: noSandbox },
    cwd() {
      if (here !== settings.cwd && !isFolder(here)) {
        lost = here;
        here = settings.cwd;
      }
      return here;
    },
    enter(folder) {
      here = folder;
    },
    adopt: (isClosed) => adopt(hands, isClosed),
    settled: runs.settled,
    durable() {
      jobs.durable();
      runs.durable();
    },
    async close() {
      await jobs.close();
      if (!arrangements.sweep()) settings.sandbox?.close();
      await settings.domainFilter?.close();
      runs.close((job) => jobs.isTold(job));
      pipes.close();
      closePrologues(machine);
    },
  };
}

/** What a command is carried out with. */
interface Hands {
  readonly settings: ShellSettings;
  readonly limits: CommandRequest["limits"];
  readonly pipes: Pipes;
  readonly jobs: Jobs;
  readonly runs: RunFolders;
  readonly machine: Machine;
  readonly arrangements: Arrangements;
  readonly kept: Kept;
}

/** Exported variables, from command to command. */
interface Kept {
  readonly names: readonly string[];
  values: Readonly<Record<string, string>>;
}

/** A command whose text holds its sandbox. */
type Filtered = ShellCommand & { readonly isFiltered?: boolean };

/** Why it must not run, as text. */
async function filterDomains({ domainFilter }: ShellSettings, command: ShellCommand): Promise<Filtered | string> {
  if (domainFilter === undefined || command.profile !== "workspace") return command;
  const wrapped = await domainFilter.wrap(command.command);
  return wrapped.ok ? { ...command, command: wrapped.value, isFiltered: true } : wrapped.error.message;
}

/** Where it is put, or why it must not run. */
function place({ settings, kept }: Hands, { profile, cwd, key, isFiltered }: Filtered, run: RunFolder | null): Placed | { readonly refused: string } {
  const environment = { ...settings.environment, ...kept.values, [markName]: key };
  if (isFiltered) return { environment, cage: settings.cages.current(), report: { profile: "workspace", made: true }, arrangement: null };
  return placeCommand(settings.sandbox, { profile, cwd, run, environment, cage: settings.cages.current() });
}

function start(
  { settings, limits, pipes, machine, kept }: Hands,
  command: ShellCommand,
  { cage, environment }: Placed,
  run: RunFolder | null,
): Running | CommandOutcome {
  const { step: _step, key: _key, profile: _profile, background, ...rest } = command;
  const request: CommandRequest = { ...rest, environment, limits, pipes, cage, run, machine, bounds: settings.bounds, exports: kept.names };
  if (!background || command.signal.aborted) return startCommand(request);
  return startCommand({ ...request, timeout: Number.POSITIVE_INFINITY, signal: new AbortController().signal, onOutput: undefined });
}

interface Carried {
  /** Null: it goes on in the background. */
  readonly outcome: CommandOutcome | null;
  /** Null: it could not be started. */
  readonly running: Running | null;
  /** Null: it was refused. */
  readonly placed: Placed | null;
}

/**
 * Where the namespace cannot be made nothing of the command ran: then once more without. Where only the view of its profile
 * cannot be made it does not run at all: a wider view was not what it was allowed with.
 */
async function startAndWait(hands: Hands, command: Filtered): Promise<Carried> {
  const { runs } = hands;
  for (;;) {
    const run = runs.make(command.step);
    const placed = place(hands, command, run);
    if ("refused" in placed) return { outcome: notStarted("not-started", placed.refused), running: null, placed: null };
    const patience = patienceOf(command, hands.settings.onTimeout);
    const running = start(hands, { ...command, ...patience.terms }, placed, run);
    if ("ended" in running) return { outcome: running, running: null, placed };
    const outcome = await patience.wait(running.outcome);
    if (outcome?.ended !== "no-cage") return { outcome, running, placed };
    running.close();
    runs.discard(command.step);
    const refusal = giveUp(hands, placed);
    if (refusal !== null) return { outcome: notStarted("not-started", refusal), running: null, placed };
  }
}

/** Why it is not tried again; null: it is, with less. */
function giveUp({ settings }: Hands, { arrangement }: Placed): string | null {
  arrangement?.end();
  if (arrangement === null) settings.cages.giveUp();
  return arrangement === null ? null : (settings.sandbox?.whyNot(arrangement) ?? null);
}

type Done = Omit<ShellResult, "cwd" | "says"> & { readonly folder: string | null; readonly says: readonly string[] };

async function carryOut(hands: Hands, command: Filtered): Promise<Done> {
  if (command.background && hands.settings.keepJobs) return startToKeep(hands, command);
  const { settings, jobs, runs, machine } = hands;
  const { outcome, running, placed } = await startAndWait(hands, command);
  const run = runs.get(command.step);
  const stays = running !== null && (outcome === null || outcome.left !== null);
  hands.arrangements.add(placed?.arrangement ?? null, stays ? running.alive : null);
  const job = stays
    ? { name: jobs.add(running, { command: command.command, cwd: command.cwd, run }), pid: running.identity.pid, path: run?.output ?? null, kept: false }
    : null;
  if (job === null) running?.close();
  else runs.hold(command.step, job.name);
  const { whole, left: _left, cwd, says, ended, exports, ...rest } = outcome ?? begun;
  // what was proved to read only has nothing to hand on
  if (exports !== undefined && command.profile !== "read-only") hands.kept.values = exports;
  const walls = outcome === null || placed?.arrangement == null ? [] : wallsOf(hands, command, placed.arrangement, outcome);
  const late =
    outcome === null && !command.background && job !== null ? `It did not end within ${command.timeout} ms and goes on as job ${job.name}.` : undefined;
  const kept = whole === null ? null : await keepFile(whole, settings.keep, run === null ? machine : null);
  const unkept = kept !== null && !kept.ok ? `The whole output could not be kept: ${kept.error.message}` : undefined;
  const escaped = placed?.cage.kind === "watched" && outcome !== null && running !== null ? escapeesOf(command.key, running.identity.group) : undefined;
  return {
    ...rest,
    ended: ended === "no-cage" ? "not-started" : ended,
    folder: cwd !== null && isFolder(cwd) ? cwd : null,
    blob: kept?.ok ? kept.value : null,
    ...(job === null ? {} : { job }),
    ...(placed?.report ? { sandbox: placed.report } : {}),
    ...(walls.length === 0 ? {} : { walls }),
    says: [says, late, unkept, escaped].filter((text) => text !== undefined),
  };
}

function wallsOf({ settings }: Hands, { cwd }: ShellCommand, arrangement: Arrangement, { head, tail, exitCode }: CommandOutcome): readonly Wall[] {
  const { root = cwd, temporary = "" } = settings.sandbox?.settings ?? {};
  const met = findWalls(arrangement, { root, cwd, temporary }, `${head}\n${tail}`, exitCode !== 0);
  return [...met, ...arrangement.after()];
}

/** In the background, to go on after the session. */
async function startToKeep(hands: Hands, command: Filtered): Promise<Done> {
  const { settings, jobs, runs, limits, machine } = hands;
  for (;;) {
    const run = runs.make(command.step);
    if (run === null) return failedStart(`Its folder ${settings.runs} cannot be made, so it could not be found again.`);
    const placed = place(hands, command, run);
    if ("refused" in placed) return failedStart(placed.refused);
    const { cage, environment, arrangement } = placed;
    const report = placed.report === null ? {} : { sandbox: placed.report };
    const kept = startKept({ ...command, environment, limits, cage, run, machine, bounds: settings.bounds, job: jobs.name() });
    if ("ended" in kept) {
      arrangement?.end();
      return failedStart(kept.says ?? "");
    }
    const { work, record } = kept;
    const ended = await watchStart(work, cage.kind === "namespace" ? () => hasBegun(run) : () => true);
    if (ended && cage.kind === "namespace" && !hasBegun(run)) {
      runs.discard(command.step);
      const refusal = giveUp(hands, placed);
      if (refusal !== null) return { ...failedStart(refusal), ...report };
      continue;
    }
    hands.arrangements.add(arrangement, ended ? null : work.alive);
    if (ended) {
      writeJob(machine, run, { ...record, told: true });
      return { ...resultOf(work, limits, record.began), ...report, folder: null, says: [] };
    }
    jobs.keep(kept, run);
    runs.hold(command.step, record.job);
    const job = { name: record.job, pid: record.process.pid, path: run.output, kept: true };
    return { ...nothingYet, ended: "started", milliseconds: startMilliseconds, ...report, folder: null, blob: null, job, says: [] };
  }
}

/** A job of an earlier process that still needs what was made for it. */
function goesOn(run: RunFolder): boolean {
  const record = readJob(run);
  return record?.kept !== undefined && workOf(run, record).alive();
}

/** Whether it ended at once, counted from when it begins. */
async function watchStart({ alive }: Work, begins: () => boolean): Promise<boolean> {
  const until = async (milliseconds: number, holds: () => boolean): Promise<void> => {
    for (const from = performance.now(); alive() && !holds() && performance.now() - from < milliseconds; ) await pause(10);
  };
  await until(slowStartMilliseconds, begins);
  await until(startMilliseconds, () => false);
  return !alive();
}

/** No end, no output. */
const nothingYet = { exitCode: null, signal: null, head: "", tail: "", omittedBytes: 0, totalBytes: 0 } as const;

const failedStart = (says: string): Done => ({ ...nothingYet, ended: "not-started", blob: null, milliseconds: 0, folder: null, says: [says] });

/** Of one that ended before its call did: as that of a command that was waited for. */
function resultOf({ output, exit, endedAt }: Work, { headBytes, tailBytes }: Hands["limits"], began: number): Omit<ShellResult, "cwd" | "says"> {
  const totalBytes = output.total();
  const text = (from: number, bytes: number) => readable(output.read(from, bytes).bytes);
  const whole = totalBytes <= headBytes + tailBytes;
  const { code = null, signal = null } = exit() ?? {};
  return {
    ended: code === null ? "signalled" : "exited",
    exitCode: code,
    signal: code === null ? (signal ?? "SIGKILL") : null,
    head: text(0, whole ? totalBytes : headBytes),
    tail: whole ? "" : text(totalBytes - tailBytes, tailBytes),
    omittedBytes: whole ? 0 : totalBytes - headBytes - tailBytes,
    totalBytes,
    blob: null,
    milliseconds: Math.max(0, Math.round(endedAt() - began)),
  };
}

function adopt({ settings, jobs, runs }: Hands, isClosed: (step: string) => boolean): readonly JobView[] {
  return findKept(settings.runs).flatMap((found): readonly JobView[] => {
    const { step, run, record, work } = found;
    // the recovery of a step without a result ends what it began
    if (!isClosed(step)) return [];
    if (record.told && !work.alive()) {
      runs.settled(step);
      return [];
    }
    jobs.keep(found, run);
    runs.adopt(step, record.job);
    return jobs.views().filter(({ job }) => job === record.job);
  });
}

/** What is known of a command in the background when its call ends. */
const begun = {
  ...nothingYet,
  ended: "started",
  whole: null,
  cwd: null,
  milliseconds: startMilliseconds,
  left: null,
  says: undefined,
  exports: undefined,
} as const;

/** Without a namespace a process can leave the group: it is looked for by its mark, and said. */
function escapeesOf(key: string, group: number): string | undefined {
  const strays = findStrays([key]).filter((stray) => stray.group !== group);
  if (strays.length === 0) return undefined;
  const list = strays.map((stray) => `${stray.pid} (${stray.says})`).join(", ");
  return `Processes of this command left its process group and go on, also after bosun: ${list}. End them with: kill ${strays.map((stray) => stray.pid).join(" ")}`;
}

/** `remover`: what the file is removed with, which is not needed any more. */
async function keepFile(path: string, keep: ShellSettings["keep"], remover: Machine | null): Promise<Outcome<string>> {
  try {
    return await keep(readFileSync(path));
  } catch (error) {
    return { ok: false, error: new BosunError("file-failed", `${path}: ${systemSays(error)}.`, { cause: error }) };
  } finally {
    if (remover !== null) removeQuietly(remover, path);
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
