// Walks on a disk that loses power at a moment the seed chooses, once or twice, with what was not synced kept, lost, reordered or garbled.
import { join } from "node:path";
import { type Clock, systemClock } from "../../src/base/index.ts";
import { createFaultDisk, type Fault } from "./fault-disk.ts";
import { entriesIn, type Remains, type Violation, violationsOf } from "./invariants.ts";
import { createPowerDisk, diceOf } from "./power-disk.ts";
import { atOnce, inTime, lanes, type Share, serverFor } from "./sweep.ts";
import { addTrial, addViolations, newTally, type Tally, unknownsIn } from "./tally.ts";
import { heard, makeTrialPlace, outsideOf, processesIn, watchDelegates, where } from "./trial.ts";
import { type Life, live, startFiles } from "./walk.ts";

export interface PowerResult {
  readonly violations: readonly Violation[];
  readonly losses: number;
  readonly lives: readonly Life[];
  /** What was asked of the disk and what it had at the end, for comparing one run of a seed with another. */
  readonly trace: string;
  readonly unknowns: number;
}

const operations = 360;

/** Stands still in each life, so that nothing of a seed depends on how long things take or how often somebody looks. */
const standingClock = (life: number): Clock => ({ now: () => 1_790_000_000_000 + life * 1000, monotonic: () => 0, sleep: systemClock.sleep });

/** Everything that is left to chance comes from `seed`. */
export async function losePower(seed: number): Promise<PowerResult> {
  // a server of its own: what a request costs depends on what the server still has in its cache
  const server = await serverFor("none");
  const dice = diceOf(seed);
  const place = makeTrialPlace(`bosun-seed-${seed}`);
  const power = createPowerDisk(place.top);
  for (const [name, content] of Object.entries(startFiles)) power.put(join(place.project, name), Buffer.from(content));
  const effects = new Map<string, number>();
  const lives: Life[] = [];
  const confirmed: Buffer[] = [];
  const trace: string[] = [];
  const delegates = watchDelegates(place, power.list, (path) => power.content(path) ?? Buffer.alloc(0));
  const deaths = dice() < 0.3 ? 2 : 1;
  let losses = 0;
  try {
    for (let index = 0; index < deaths + 2; index++) {
      const at = 1 + Math.floor(dice() * (index === 0 ? operations : operations / 3));
      const moment = (["before", "half", "after"] as const)[Math.floor(dice() * 3)] ?? "before";
      const fault: Fault | null = index < deaths ? { kind: "die", at, moment } : null;
      const disk = createFaultDisk(power, fault);
      const more = { clock: standingClock(index) };
      const life = await live({ ...where(place, server), world: "none", disk, machine: disk.machine, outside: outsideOf(disk, effects), more });
      lives.push(life);
      confirmed.push(Buffer.from((power.content(place.journal) ?? Buffer.alloc(0)).subarray(0, disk.durable(place.journal))));
      await delegates.look(disk);
      trace.push(
        ...disk.points.map(
          ({ name, path }) => `${name} ${path.replace(place.top, "").replace(/[0-9a-f]{16,}|blob_\w+|torn-\d+|q_\w+|project-[0-9a-f]{10}/g, "…")}`,
        ),
        String(life.through),
      );
      if (life.through) break;
      if (index >= deaths) continue;
      power.fail(dice);
      losses += 1;
      trace.push(`power lost: ${power.content(place.journal)?.length ?? "no journal"}`);
      // a journal of which nothing is readable is refused and left alone; no line of it had been confirmed
      if (confirmed.every((bytes) => bytes.length === 0)) forget(power, place.journal);
    }
    const journal = power.content(place.journal) ?? Buffer.alloc(0);
    const remains: Remains = {
      ...heard(server, 0),
      lives,
      journal,
      delegates: delegates.all(),
      confirmed,
      effects,
      file: (name) => power.content(join(place.project, name))?.toString("utf8") ?? null,
      processes: processesIn(place.top),
      powerLost: true,
    };
    return {
      violations: await violationsOf(remains),
      losses,
      lives,
      trace: trace.join("\n"),
      unknowns: unknownsIn(journal),
    };
  } finally {
    place.remove();
    await server.close();
  }
}

/** What a person does with a file that is no journal, as the refusal says: it goes out of the way. */
function forget(power: ReturnType<typeof createPowerDisk>, path: string): void {
  const bytes = power.content(path);
  if (bytes !== null && bytes.length > 0 && entriesIn(bytes).length === 0) void power.rename(path, `${path}.unreadable`);
}

export async function powerLosses(first: number, count: number, share: Share): Promise<Tally> {
  const tally = newTally("power loss, by seed");
  const from = performance.now();
  const seeds = Array.from({ length: count }, (_, index) => first + index).filter((seed) => seed % share.of === share.index);
  await atOnce(seeds, lanes, async (seed) => {
    const again = `node test/crash/main.ts --seed ${seed}`;
    const result = await inTime(losePower(seed));
    if (result === null) return addViolations(tally, [{ invariant: "an end in bounded steps", says: "no end" }], again);
    addTrial(tally, { ...result, crashes: result.losses, lives: result.lives.length }, again);
  });
  tally.seconds = (performance.now() - from) / 1000;
  return tally;
}
