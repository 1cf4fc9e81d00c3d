// Asking the index over 100,000 decisions, and making it. In a process that has nothing else to do; the journals are real.
import { systemClock } from "../../src/base/index.ts";
import { openIndex } from "../../src/session/index.ts";
import { writeDecisions } from "../decisions.ts";
import { type Row, row } from "../row.ts";
import { median } from "../statistics.ts";
import type { Bench, Group } from "./context.ts";

const rounds = 7;
const questions = {
  "audit-deciders": ["count 100,000 decisions by decider", "SELECT decider, count(*) FROM decisions GROUP BY 1"],
  "audit-filter": [
    "find the latest 100 denials of a project, whole",
    "SELECT * FROM decisions WHERE verdict = 'deny' AND ts >= 0 AND project = (SELECT min(project) FROM sessions) ORDER BY ts DESC LIMIT 100",
  ],
  "audit-rules": ["rank rules over 100,000 decisions", "SELECT rule, tool, verdict, count(*) AS n FROM decisions GROUP BY 1, 2, 3 ORDER BY n DESC"],
} as const;

export const auditRows: Group = async (bench: Bench) => {
  const home = `${bench.place.newHome()}/.bosun`;
  const names = await writeDecisions({ home, root: "/project", clock: systemClock }, 100_000, 1000);
  const opened = await openIndex({ home, clock: systemClock });
  if (!opened.ok) throw opened.error;
  const index = opened.value;
  const refresh = async (): Promise<number> => {
    const from = performance.now();
    const refreshed = await index.refresh();
    if (!refreshed.ok) throw refreshed.error;
    return performance.now() - from;
  };
  const rows: Row[] = [];
  const whole = await refresh();
  rows.push(row("audit-index", "index 100,000 decisions from their journals", "ms", { bosun: whole, note: `${names.length} sessions` }));
  const again = [await refresh(), await refresh(), await refresh()];
  rows.push(row("audit-refresh", "look whether any of them changed", "ms", { bosun: median(again), best: Math.min(...again) }));
  for (const [id, [what, sql]] of Object.entries(questions)) {
    const times: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const from = performance.now();
      const answered = await index.query(sql);
      if (!answered.ok) throw answered.error;
      times.push(performance.now() - from);
    }
    rows.push(row(id, what, "ms", { bosun: median(times), best: Math.min(...times) }));
  }
  index.close();
  return rows;
};
