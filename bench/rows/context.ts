// What every group of measurements is given.
import type { Contender, Contenders } from "../contender.ts";
import type { Place } from "../place.ts";
import type { Responder } from "../responder.ts";
import type { Row } from "../row.ts";
import { measure, type Run, type Setting } from "../run.ts";
import type { Script } from "../script.ts";

export interface Bench {
  readonly place: Place;
  readonly contenders: Contenders;
  readonly responder: Responder;
  /** Repository of bosun. */
  readonly root: string;
  /** Also what takes long. */
  readonly all: boolean;
  /** The home that is warm: used by every run that does not ask for a new one. */
  readonly home: string;
  /** Model calls beyond the scripts', counted over every run of bosun. */
  readonly unasked: { count: number; runs: number };
}

/** Rows of one subject. */
export type Group = (bench: Bench) => Promise<readonly Row[]>;

export async function runOnce(bench: Bench, contender: Contender, script: Script, more: Partial<Setting> = {}): Promise<Run> {
  const { responder, place, home } = bench;
  const run = await measure({ responder, contender, script, cwd: place.repository, home, ...more });
  if (contender.name === "bosun") {
    bench.unasked.count += run.unasked;
    bench.unasked.runs += 1;
  }
  return run;
}

/** Each contender once, `rounds` times over: A B A B, so that a disturbance meets all of them. */
export async function interleave<Result>(
  rounds: number,
  contenders: readonly Contender[],
  work: (contender: Contender) => Promise<Result>,
): Promise<ReadonlyMap<Contender["name"], Result[]>> {
  const results = new Map<Contender["name"], Result[]>(contenders.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const contender of contenders) results.get(contender.name)?.push(await work(contender));
  }
  return results;
}
