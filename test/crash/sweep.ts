// The parts of the sweep that run in this process: deaths and faults at every operation of the disk.
import { type ModelServer, startModelServer } from "../../src/testing/index.ts";
import type { Fault, Point } from "./fault-disk.ts";
import { addTrial, addViolations, newTally, type Tally, unknownsIn } from "./tally.ts";
import { runTrial } from "./trial.ts";
import { walkScript } from "./walk.ts";

/** Every `of`-th piece of the work, beginning with `index`. */
export interface Share {
  readonly index: number;
  readonly of: number;
}
export const whole: Share = { index: 0, of: 1 };

export interface Job {
  readonly shell: "real" | "none";
  readonly faults: readonly Fault[];
}
export const lanes = 4;
/** Against what hangs: a busy machine may take its time. */
const patience = 90_000;

/** Null when it takes longer than anything here should. */
export async function inTime<Value>(work: Promise<Value>): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), patience);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Runs `work` over `items`, several at once. */
export async function atOnce<Item>(items: readonly Item[], width: number, work: (item: Item) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    for (let item = items[next++]; item !== undefined; item = items[next++]) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, lane));
}

/** The same, each lane with a server of its own. */
export async function inLanes<Item>(
  items: readonly Item[],
  open: () => Promise<ModelServer>,
  work: (item: Item, server: ModelServer) => Promise<void>,
  width = lanes,
): Promise<void> {
  const free: ModelServer[] = await Promise.all(Array.from({ length: Math.min(width, items.length) }, open));
  const all = [...free];
  await atOnce(items, width, async (item) => {
    const server = free.pop();
    if (!server) throw new Error("more lanes than servers");
    await work(item, server);
    free.push(server);
  });
  await Promise.all(all.map((server) => server.close()));
}

export const serverFor = (shell: "real" | "none"): Promise<ModelServer> => startModelServer({ script: walkScript(shell), keepBodies: 8 });

export async function runJobs(part: string, jobs: readonly Job[], share: Share): Promise<Tally> {
  const tally = newTally(part);
  const from = performance.now();
  const mine = jobs.filter((_, index) => index % share.of === share.index);
  for (const shell of ["none", "real"] as const) {
    await inLanes(
      mine.filter((job) => job.shell === shell),
      () => serverFor(shell),
      async (job, server) => {
        const result = await inTime(runTrial(server, shell, job.faults));
        if (result === null) addViolations(tally, [{ invariant: "an end in bounded steps", says: `no end after ${patience} ms` }], JSON.stringify(job));
        else addTrial(tally, { ...result, lives: result.lives.length, unknowns: unknownsIn(result.journal) }, JSON.stringify(job));
      },
    );
  }
  tally.seconds = (performance.now() - from) / 1000;
  return tally;
}

/** What a walk asks of its disk when nothing happens to it. */
export async function probe(shell: "real" | "none", faults: readonly Fault[] = []): Promise<readonly (readonly Point[])[]> {
  const server = await serverFor(shell);
  try {
    return (await runTrial(server, shell, faults)).points;
  } finally {
    await server.close();
  }
}

/** Deaths at each operation of the list: before it; after it where it changes something; in the middle of a write. */
export function deathsAt(points: readonly Point[], from = 0): readonly Fault[] {
  return points.flatMap((point, index): Fault[] => {
    const at = index + 1;
    if (at <= from) return [];
    const die = (moment: "before" | "half" | "after"): Fault => ({ kind: "die", at, moment });
    if (!point.changes) return [die("before")];
    return point.name === "write" ? [die("before"), die("half"), die("after")] : [die("before"), die("after")];
  });
}

export const everyNth = <Item>(items: readonly Item[], step: number, offset = 0): readonly Item[] => items.filter((_, index) => index % step === offset % step);

/** What is really done to a world outside of a disk: programs, the files of runs, servers. */
const isOutside = (point: Point): boolean => point.of !== "disk";

/** Deaths in the real world: at every operation outside, and at each `diskStep`-th of the disk's, which die in the other world too. */
export async function realDeaths(diskStep: number, outsideStep = 1): Promise<readonly Fault[]> {
  const [points = []] = await probe("real");
  const outside = points.map(isOutside);
  const all = deathsAt(points);
  const chosen = (at: boolean, step: number) =>
    everyNth(
      all.filter((fault) => outside[fault.at - 1] === at),
      step,
    );
  return [...chosen(true, outsideStep), ...chosen(false, diskStep)];
}

/** One death at every operation (each `step`-th) in the world of stand-ins, and in the real one. */
export async function singleDeaths(step = 1, diskStep = step, outsideStep = step): Promise<readonly Job[]> {
  const [points = []] = await probe("none");
  const none = everyNth(deathsAt(points), step).map((fault): Job => ({ shell: "none", faults: [fault] }));
  return [...none, ...(await realDeaths(diskStep, outsideStep)).map((fault): Job => ({ shell: "real", faults: [fault] }))];
}

/** A death, and another one at the operations of the life that comes after it, where recovery is. */
export async function doubleDeaths(firstStep: number, secondStep: number): Promise<readonly Job[]> {
  const [points = []] = await probe("none");
  const jobs: Job[] = [];
  for (const [index, first] of everyNth(
    deathsAt(points).filter((fault) => fault.kind === "die" && fault.moment !== "before"),
    firstStep,
  ).entries()) {
    const [, second = []] = await probe("none", [first]);
    // recovery is at the beginning of a life
    jobs.push(...everyNth(deathsAt(second.slice(0, 60)), secondStep, index).map((fault): Job => ({ shell: "none", faults: [first, fault] })));
  }
  return jobs;
}

/** Each operation that changes something fails, once or from then on, with each code; each write is short once. Programs and their files too. */
export async function failures(step = 1, outsideStep = step): Promise<readonly Job[]> {
  const [none = []] = await probe("none");
  const [real = []] = await probe("real");
  const job =
    (shell: Job["shell"]) =>
    (fault: Fault): Job => ({ shell, faults: [fault] });
  return [
    ...everyNth(
      failuresAt(none, ({ of }) => of !== "machine"),
      step,
    ).map(job("none")),
    ...everyNth(
      failuresAt(real, ({ of }) => of === "machine"),
      outsideStep,
    ).map(job("real")),
  ];
}

const failuresAt = (points: readonly Point[], counts: (point: Point) => boolean): readonly Fault[] =>
  points.flatMap((point, index): Fault[] => {
    if (!point.changes || !counts(point)) return [];
    const at = index + 1;
    const failing = ["ENOSPC", "EIO", "EPERM"].flatMap((code) => [true, false].map((lasting): Fault => ({ kind: "fail", at, code, lasting })));
    return point.name === "write" ? [...failing, { kind: "short", at }] : failing;
  });
