// Peak memory of the whole process tree.
import type { Memory } from "../memory.ts";
import { type Row, row } from "../row.ts";
import { flood, hi, reads, type Script } from "../script.ts";
import { median } from "../statistics.ts";
import { type Bench, type Group, interleave, runOnce } from "./context.ts";

const megabyte = 1e6;

export const memoryRows: Group = async (bench) => {
  const rows = [await rowOf(bench, "memory-hi", "peak memory (PSS), one turn", hi, 3), await rowOf(bench, "memory-30", "… 30 read turns", reads(30), 3)];
  if (bench.all) rows.push(await rowOf(bench, "memory-flood", "… one command that prints 1 GB", flood(1024), 1));
  return rows;
};

async function rowOf(bench: Bench, id: string, what: string, script: Script, rounds: number): Promise<Row> {
  const { bosun, bare } = bench.contenders;
  const peaks = await interleave(rounds, [bare, bosun], async (contender) => (await runOnce(bench, contender, script, { memory: true })).peak);
  const of = (name: "bosun" | "bare", which: keyof Memory): number[] => (peaks.get(name) ?? []).map((peak) => (peak?.[which] ?? Number.NaN) / megabyte);
  const note = `resident ${median(of("bosun", "resident")).toFixed(0)}, bare ${median(of("bare", "resident")).toFixed(0)} MB`;
  const own = of("bosun", "proportional");
  return row(id, what, "MB", { bosun: median(own), best: Math.min(...own), bare: median(of("bare", "proportional")), note });
}
