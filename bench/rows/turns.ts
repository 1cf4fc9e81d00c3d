// Overhead of a turn: from the model's last byte to the next request, for reads, commands and edits.
import type { Contender } from "../contender.ts";
import { type Row, row } from "../row.ts";
import type { Run } from "../run.ts";
import { commands, editedFile, editedText, edits, reads, type Script } from "../script.ts";
import { growth, median, quantile } from "../statistics.ts";
import { type Bench, type Group, interleave, runOnce } from "./context.ts";

const rounds = 3;
const editTurns = 60;

export const turnRows: Group = async (bench) => {
  const readRuns = await play(bench, reads(200));
  const bashRuns = await play(bench, commands(60));
  const editRuns = await play(bench, edits(editTurns), () => bench.place.reset(editedFile, editedText(editTurns)));
  const tail = ({ gaps }: Run): number => quantile(gaps, 0.95);
  const middle = ({ gaps }: Run): number => median(gaps.slice(1));
  return [
    rowOf("read-median", "read turn, median", readRuns, (run) => median(run.gaps)),
    rowOf("read-median-30", "… of the first 30", readRuns, (run) => median(run.gaps.slice(0, 30))),
    rowOf("read-p95", "read turn, p95", readRuns, tail),
    rowOf("bash-median", "bash turn, median", bashRuns, (run) => median(run.gaps)),
    rowOf("bash-p95", "bash turn, p95", bashRuns, tail),
    rowOf("edit-median", "edit turn, median", editRuns, middle),
    rowOf("read-exit", "last reply → exit, after 200 turns", readRuns, (run) => run.exit),
    rowOf("growth", "read turns 181–200 over 3–22", readRuns, (run) => growth(run.gaps), "×"),
  ];
};

type Runs = ReadonlyMap<Contender["name"], readonly Run[]>;

function play(bench: Bench, script: Script, before: () => void = () => undefined): Promise<Runs> {
  return interleave(rounds, Object.values(bench.contenders), (contender) => {
    before();
    return runOnce(bench, contender, script);
  });
}

/** A figure of each run, and the median over the runs. */
function rowOf(id: string, what: string, runs: Runs, pick: (run: Run) => number, unit: "ms" | "×" = "ms"): Row {
  const of = (name: Contender["name"]): number[] => (runs.get(name) ?? []).map((run) => pick(run));
  return row(id, what, unit, { bosun: median(of("bosun")), best: Math.min(...of("bosun")), bare: median(of("bare")), bareSynced: median(of("bare synced")) });
}
