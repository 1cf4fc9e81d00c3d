// One walk with its deaths and faults: life after life on the same place, until it is through, and what is left then.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Disk, nodeDisk } from "../../src/exec/index.ts";
import { projectSlug } from "../../src/index.ts";
import type { ModelServer } from "../../src/testing/index.ts";
import { environmentFor, modelFor } from "../agent/support.ts";
import { delegateModel, isDelegate } from "./delegate.ts";
import { createFaultDisk, type Fault, type FaultDisk, type Point } from "./fault-disk.ts";
import { type Remains, type Violation, violationsOf } from "./invariants.ts";
import { type Life, live, type Outside, serverLog, startFiles, type World } from "./walk.ts";

export interface TrialResult {
  readonly violations: readonly Violation[];
  readonly lives: readonly Life[];
  /** Of each life, what it asked of its disk. */
  readonly points: readonly (readonly Point[])[];
  /** Lives that ended in their fault. */
  readonly crashes: number;
  readonly journal: Buffer;
  /** How often each effect outside of the disk happened, by its name. */
  readonly effects: ReadonlyMap<string, number>;
}

export interface TrialPlace {
  readonly top: string;
  readonly project: string;
  readonly home: string;
  readonly journal: string;
  remove(): void;
}

/** `name`: the same folder every time, since what a request costs depends on what is in it. */
export function makeTrialPlace(name?: string): TrialPlace {
  const session = "walk";
  const top = fs.realpathSync(name === undefined ? fs.mkdtempSync(join(tmpdir(), "bosun-crash-")) : makeNamed(join(tmpdir(), name)));
  const project = join(top, "project");
  const home = join(top, "home");
  fs.mkdirSync(project);
  for (const [name, content] of Object.entries(startFiles)) fs.writeFileSync(join(project, name), content);
  const journal = join(home, "projects", projectSlug(project), session, "journal.jsonl");
  return { top, project, home, journal, remove: () => fs.rmSync(top, { recursive: true, force: true }) };
}

/** Taken by a trial at the same time, or left by one that was killed: then another one, and the seed is no longer replayed to the byte. */
function makeNamed(path: string): string {
  try {
    fs.mkdirSync(path);
    return path;
  } catch {
    return fs.mkdtempSync(`${path}-`);
  }
}

/** Counts effects in memory, and by name and key those that a server does once for each key. */
export const outsideOf = (disk: FaultDisk, effects: Map<string, number>): Outside => ({
  effect: (name, key) =>
    disk.outside(name, () => {
      if (key !== undefined && effects.has(withKey(name, key))) return;
      for (const counted of key === undefined ? [name] : [name, withKey(name, key)]) effects.set(counted, (effects.get(counted) ?? 0) + 1);
    }),
  around: disk.outside,
});
const withKey = (name: string, key: string): string => `${name} with the key ${key}`;

export const bytesOf = (path: string): Buffer => {
  try {
    return fs.readFileSync(path);
  } catch {
    return Buffer.alloc(0);
  }
};

/** The n-th life has the n-th fault; those after the last are sound. */
export async function runTrial(
  server: ModelServer,
  world: World,
  faults: readonly Fault[],
  more: { readonly under?: Disk; readonly patience?: number } = {},
): Promise<TrialResult> {
  const place = makeTrialPlace();
  const from = server.requests.length;
  const effects = new Map<string, number>();
  const lives: Life[] = [];
  const points: (readonly Point[])[] = [];
  const confirmed: Buffer[] = [];
  const delegates = watchDelegates(place, nodeDisk.list, bytesOf);
  let crashes = 0;
  try {
    for (let index = 0; index <= faults.length + (more.patience ?? 1); index++) {
      const disk = createFaultDisk(more.under ?? nodeDisk, faults[index] ?? null);
      const life = await live({ ...where(place, server), world, disk, machine: disk.machine, outside: outsideOf(disk, effects) });
      lives.push(life);
      points.push(disk.points);
      confirmed.push(bytesOf(place.journal).subarray(0, disk.durable(place.journal)));
      await delegates.look(disk);
      if (disk.dead || !life.through) crashes += 1;
      if (life.through && !disk.dead) break;
    }
    countCommands(place, effects);
    const journal = bytesOf(place.journal);
    const remains: Remains = {
      ...heard(server, from),
      lives,
      journal,
      delegates: delegates.all(),
      confirmed,
      effects,
      file: (name) => textOf(join(place.project, name)),
      processes: await processesLeft(place.top),
      powerLost: false,
    };
    return { violations: await violationsOf(remains), lives, points, crashes, journal, effects };
  } finally {
    place.remove();
  }
}

export const where = (place: TrialPlace, server: ModelServer) => ({
  project: place.project,
  home: place.home,
  session: "walk",
  model: modelFor("anthropic"),
  environment: environmentFor("anthropic", server),
});

export function heard(server: ModelServer, from: number): Pick<Remains, "refused" | "lastBody" | "lastDelegateBody"> {
  const requests = server.requests.slice(from);
  const bodies = requests.map(({ body }) => Buffer.from(body ?? []).toString("utf8"));
  const asksDelegate = (body: string): boolean => body.includes(delegateModel.split("/")[1] ?? "");
  return {
    refused: requests.filter((request) => request.outcome === "refused").map((request) => request.says ?? "refused"),
    lastBody: bodies.findLast((body) => !asksDelegate(body)) ?? "",
    lastDelegateBody: bodies.findLast(asksDelegate) ?? "",
  };
}

export function textOf(path: string): string | null {
  try {
    return fs.readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

/** Each command adds a line to a file of its own, the server one to its log. */
export function countCommands(place: TrialPlace, effects: Map<string, number>): void {
  for (const name of fs.readdirSync(place.project)) {
    const command = /^ran-(\w+)\.txt$/.exec(name)?.[1];
    if (command !== undefined) effects.set(command, (textOf(join(place.project, name)) ?? "").split("\n").length - 1);
  }
  for (const line of (textOf(serverLog(place.project)) ?? "").split("\n")) {
    const [name = "", key = ""] = line.split(" ");
    if (name === "") continue;
    for (const counted of [name, withKey(name, key)]) effects.set(counted, (effects.get(counted) ?? 0) + 1);
  }
}

/** What the kernel has killed takes a moment to be gone. */
export async function processesLeft(folder: string): Promise<readonly string[]> {
  for (const until = performance.now() + 2000; ; await new Promise((resolve) => setTimeout(resolve, 20))) {
    const left = processesIn(folder);
    if (left.length === 0 || performance.now() > until) return left;
  }
}

/** Collects at the end of each life what is confirmed of the journals of delegates. */
export function watchDelegates(place: TrialPlace, list: (folder: string) => Promise<readonly string[]>, content: (path: string) => Buffer) {
  const folder = dirname(dirname(place.journal));
  const confirmed = new Map<string, Buffer[]>();
  const pathOf = (name: string) => join(folder, name, "journal.jsonl");
  return {
    async look(disk: FaultDisk): Promise<void> {
      for (const name of (await list(folder).catch(() => [])).filter(isDelegate)) {
        const bytes = Buffer.from(content(pathOf(name)).subarray(0, disk.durable(pathOf(name))));
        confirmed.set(name, [...(confirmed.get(name) ?? []), bytes]);
      }
    },
    all: (): Remains["delegates"] => [...confirmed].map(([name, before]) => ({ journal: content(pathOf(name)), confirmed: before })),
  };
}

/** Programs that still work in this folder. */
export function processesIn(folder: string): readonly string[] {
  return fs.readdirSync("/proc").flatMap((pid) => {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) return [];
    try {
      return fs.readlinkSync(`/proc/${pid}/cwd`).startsWith(folder) ? [fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ")] : [];
    } catch {
      return [];
    }
  });
}
