// `node test/shell/corpus/run.ts FILE… [--only TEXT]`: runs every row for real and says which had not the effect that it names.
import { rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { isHostile, type Row, readRows } from "./row.ts";
import { byTwo, createRunner, type Verdict } from "./runner.ts";
import { buildWorld, makeFolder } from "./world.ts";

/** Each row with its verdict, in order, by two at a time. */
export async function runRows(rows: readonly Row[], watchAll: boolean): Promise<Verdict[]> {
  const folder = makeFolder("run");
  const built = join(folder, "built");
  try {
    buildWorld(built);
    return await byTwo(
      rows,
      (name) => createRunner(built, join(folder, name)),
      (row, runner) => runner.verify(row, watchAll && !isHostile(row)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { only: { type: "string" } } });
  const { only } = values;
  const rows = positionals.flatMap(readRows).filter((row) => only === undefined || row.id === only || row.class.includes(only));
  const start = performance.now();
  const verdicts = await runRows(rows, true);
  const seconds = (performance.now() - start) / 1000;
  const count = { had: 0, bad: 0, skipped: 0 };
  for (const [at, { had, outcome }] of verdicts.entries()) {
    const row = rows[at];
    if (row === undefined) continue;
    if (had === true) count.had += 1;
    else if (had === false) count.bad += 1;
    else count.skipped += 1;
    if (had === true) continue;
    const { id, effect, command } = row;
    console.log(`${had === false ? "BAD " : "skip"} ${id} ${row.class} ${effect} ${JSON.stringify(command).slice(0, 200)}`);
    if (outcome === undefined) console.log(`     ${had}`);
    else {
      const changes = outcome.changes.map((change) => `${change.what} ${change.path}`).slice(0, 4);
      const say = (text: string): string => JSON.stringify(text.slice(0, 200));
      console.log(
        `     code ${outcome.code}${outcome.hung ? " hung" : ""}${outcome.connected ? " connected" : ""} [${changes.join(", ")}] ${say(outcome.output)} ${say(outcome.errors)}`,
      );
    }
  }
  console.log(`${rows.length} rows: ${count.had} had their effect, ${count.bad} had not, ${count.skipped} not run; ${seconds.toFixed(1)} s`);
  process.exitCode = count.bad === 0 ? 0 : 1;
}

if (process.argv[1] === import.meta.filename) await main();
