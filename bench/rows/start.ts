// From the start of a process to the first request, and to its end.
import { row } from "../row.ts";
import { timeProcess } from "../run.ts";
import { hi } from "../script.ts";
import { median } from "../statistics.ts";
import { type Group, interleave, runOnce } from "./context.ts";

export const startRows: Group = async (bench) => {
  const { contenders, place, responder, home } = bench;
  const both = [contenders.bare, contenders.bosun];
  const version = (contender: (typeof both)[number]) => timeProcess(contender.version, place.repository, contender.environment(home, responder.url));
  await interleave(1, both, version);
  const versions = await interleave(15, both, version);
  await interleave(2, both, (contender) => runOnce(bench, contender, hi));
  const warm = await interleave(12, both, (contender) => runOnce(bench, contender, hi));
  const fresh = await interleave(3, both, (contender) => runOnce(bench, contender, hi, { home: place.newHome() }));
  const pair = (results: ReadonlyMap<string, readonly number[]>) => {
    const own = results.get("bosun") ?? [];
    return { bosun: median(own), best: Math.min(...own), bare: median(results.get("bare") ?? []) };
  };
  const of = (results: typeof warm, pick: "first" | "wall" | "exit") => pair(new Map([...results].map(([name, runs]) => [name, runs.map((run) => run[pick])])));
  return [
    row("version", "--version", "ms", pair(versions)),
    row("first-request", "start → first model request, warm", "ms", of(warm, "first")),
    row("first-request-new", "… with a new home", "ms", of(fresh, "first")),
    row("hi-wall", "say hi, whole", "ms", of(warm, "wall")),
    row("hi-exit", "last reply → exit", "ms", of(warm, "exit")),
  ];
};
