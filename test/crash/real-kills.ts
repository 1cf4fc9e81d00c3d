// Walks in real processes that are really killed, at operations of the disk and at each point of the journal.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { nodeDisk } from "../../src/exec/index.ts";
import type { ModelServer } from "../../src/testing/index.ts";
import { sharedCompileCache } from "../agent/support.ts";
import { listenTo } from "../support/child-process.ts";
import type { ChildOptions } from "./child.ts";
import { createFaultDisk, type Fault } from "./fault-disk.ts";
import { type Violation, violationsOf } from "./invariants.ts";
import { inLanes, inTime, realDeaths, type Share, serverFor } from "./sweep.ts";
import { addTrial, addViolations, newTally, type Tally, unknownsIn } from "./tally.ts";
import { bytesOf, countCommands, heard, makeTrialPlace, processesLeft, textOf, watchDelegates, where } from "./trial.ts";
import type { Life } from "./walk.ts";

/** The points of DESIGN §3 by what is on their line. */
export const journalPoints: Readonly<Record<string, string>> = {
  J0: '"type":"user"',
  J1: '"type":"request"',
  J2: '"type":"reply"',
  J3: '"type":"decision"',
  J4: '"to":"executing","intent":{"class":"shell"',
  J5: '"type":"process"',
  J6: '"to":"done"',
  J7: '"to":"reconciled"',
  J8: '"type":"compaction"',
};

export type RealKill = { readonly fault: Fault } | { readonly mark: NonNullable<ChildOptions["mark"]> };

interface Ended {
  readonly killed: boolean;
  readonly life: Life | null;
  readonly errors: string;
}

async function runChild(options: ChildOptions): Promise<Ended> {
  const child = spawn(process.execPath, [join(import.meta.dirname, "child.ts"), JSON.stringify(options)], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, ...sharedCompileCache },
  });
  const { signal, stdout, stderr } = await listenTo(child).ended;
  const life = signal === null && stdout !== "" ? ((JSON.parse(stdout) as { life: Life }).life ?? null) : null;
  return { killed: signal === "SIGKILL", life, errors: stderr };
}

export interface RealTrial {
  readonly violations: readonly Violation[];
  readonly kills: number;
  readonly lives: number;
  readonly unknowns: number;
}

/** Each life dies by its kill; those after the last live. J7 exists only after a death in a command, which `before` brings about. */
export async function runReal(server: ModelServer, kills: readonly RealKill[]): Promise<RealTrial> {
  const place = makeTrialPlace();
  const from = server.requests.length;
  const ends: Ended[] = [];
  try {
    for (let index = 0; index < kills.length + 2; index++) {
      const ended = await runChild({ ...where(place, server), world: "real", ...(kills[index] ?? {}) });
      ends.push(ended);
      if (ended.life?.through || (!ended.killed && index >= kills.length)) break;
    }
    const effects = new Map<string, number>();
    countCommands(place, effects);
    const journal = bytesOf(place.journal);
    const delegates = watchDelegates(place, nodeDisk.list, bytesOf);
    await delegates.look(createFaultDisk(nodeDisk, null));
    // what a killed process said to a person is gone with it: the last one has to say it all
    const lives = ends.flatMap(({ life }) => (life ? [life] : []));
    const found = await violationsOf({
      ...heard(server, from),
      lives,
      journal,
      delegates: delegates.all(),
      confirmed: [],
      effects,
      file: (name) => textOf(join(place.project, name)),
      processes: await processesLeft(place.top),
      powerLost: false,
    });
    const crashed = ends
      .filter(({ killed, life }) => !killed && life === null)
      .map(({ errors }): Violation => ({ invariant: "an end in bounded steps", says: errors.slice(0, 300) }));
    return {
      violations: [...found, ...crashed],
      kills: ends.filter(({ killed }) => killed).length,
      lives: ends.length,
      unknowns: unknownsIn(journal),
    };
  } finally {
    place.remove();
  }
}

/** At each point of the journal `times` times, by turns when its line is written and when it is synced. */
export function killsAtPoints(times: number): readonly (readonly RealKill[])[] {
  return Object.entries(journalPoints).flatMap(([name, text]) =>
    Array.from({ length: times }, (_, index): readonly RealKill[] => {
      const mark = { text, moment: index % 2 === 0 ? ("written" as const) : ("synced" as const) };
      return name === "J7" ? [{ mark: { text: journalPoints["J5"] ?? "", moment: "written" } }, { mark }] : [{ mark }];
    }),
  );
}

/** At operations, spread over the walk: each `outsideStep`-th of programs and servers, each `diskStep`-th of the disk. */
export async function killsAtOperations(diskStep: number, outsideStep = 1): Promise<readonly (readonly RealKill[])[]> {
  return (await realDeaths(diskStep, outsideStep)).map((fault) => [{ fault }]);
}

export async function realKills(part: string, jobs: readonly (readonly RealKill[])[], share: Share): Promise<Tally> {
  const tally = newTally(part);
  const from = performance.now();
  await inLanes(
    jobs.filter((_, index) => index % share.of === share.index),
    () => serverFor("real"),
    async (kills, server) => {
      const again = JSON.stringify(kills);
      const result = await inTime(runReal(server, kills));
      if (result === null) return addViolations(tally, [{ invariant: "an end in bounded steps", says: "no end" }], again);
      addTrial(tally, { ...result, crashes: result.kills }, again);
    },
    2,
  );
  tally.seconds = (performance.now() - from) / 1000;
  return tally;
}
