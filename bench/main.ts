// npm run bench: the figures of docs/performance.md, measured on this machine now.
// Options: --json (JSON instead of the table), --all (also what takes long), --only GROUP,GROUP,
// --dist FOLDER (another build than dist; it is not built).
import { spawnSync } from "node:child_process";
import { existsSync, globSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { loadavg } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { makeContenders } from "./contender.ts";
import { machine, watchLoad } from "./load.ts";
import { makePlace } from "./place.ts";
import { startResponder } from "./responder.ts";
import { allowedRatio, holds, type Row, ratio, row } from "./row.ts";
import type { Bench, Group } from "./rows/context.ts";
import { renderTable } from "./table.ts";

/** Loaded one by one: what a group needs of src is not in the way of another's measurement. */
const groups: Readonly<Record<string, () => Promise<Group>>> = {
  start: async () => (await import("./rows/start.ts")).startRows,
  turns: async () => (await import("./rows/turns.ts")).turnRows,
  memory: async () => (await import("./rows/memory.ts")).memoryRows,
  requests: async () => (await import("./rows/requests.ts")).requestRows,
  journal: async () => (await import("./rows/journal.ts")).journalRows,
  shell: async () => (await import("./rows/shell.ts")).shellRows,
  gate: async () => (await import("./rows/gate.ts")).gateRows,
  audit: async () => (await import("./rows/audit.ts")).auditRows,
  package: async () => (await import("./rows/package.ts")).packageRows,
};

const root = join(import.meta.dirname, "..");

/** Builds dist unless it is newer than everything it is made of. */
function build(): void {
  const newest = Math.max(...globSync(["src/**/*", "package.json", "package-lock.json", "scripts/build/*"], { cwd: root }).map((path) => changed(path)));
  if (existsSync(join(root, "dist/index.js")) && changed("dist/index.js") > newest) return;
  console.error("building dist …");
  const { status } = spawnSync(process.execPath, [join(root, "scripts/build.ts")], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (status === 0) return;
  console.error("The build failed, so nothing was measured. Mend it, or measure another build with --dist FOLDER.");
  process.exit(1);
}

const changed = (path: string): number => statSync(join(root, path)).mtimeMs;

interface Report {
  readonly at: string;
  readonly machine: string;
  readonly entry: string;
  readonly seconds: number;
  /** Share of all cores that others used, by group. */
  readonly others: Readonly<Record<string, number | null>>;
  readonly failed: Readonly<Record<string, string>>;
  readonly rows: readonly Row[];
}

async function measureAll(dist: string, names: readonly string[], all: boolean): Promise<Report> {
  const from = performance.now();
  const place = makePlace(root, dist);
  const responder = await startResponder();
  try {
    const { contenders, entry } = makeContenders(place);
    const bench: Bench = { place, contenders, responder, root, all, home: place.newHome(), unasked: { count: 0, runs: 0 } };
    const load = watchLoad([responder.pid]);
    const rows: Row[] = [];
    const others: Record<string, number | null> = {};
    const failed: Record<string, string> = {};
    for (const name of names) {
      console.error(`measuring ${name} …`);
      const group = await groups[name]?.();
      load.look();
      let measured: readonly Row[] = [];
      try {
        measured = (await group?.(bench)) ?? [];
      } catch (error) {
        failed[name] = error instanceof Error ? error.message : String(error);
      }
      const share = load.look();
      others[name] = share;
      rows.push(...measured.map((one) => ({ ...one, others: share })));
    }
    const { count, runs } = bench.unasked;
    if (runs > 0) rows.push(row("unasked", "model calls not asked for", "calls", { bosun: count, note: `in ${runs} runs` }));
    return { at: new Date().toISOString(), machine: machine(), entry, seconds: (performance.now() - from) / 1000, others, failed, rows };
  } finally {
    responder.close();
    place.remove();
  }
}

function describe(report: Report): string {
  const shares = Object.entries(report.others).map(([name, share]) => `${name} ${share === null ? "unknown" : `${(share * 100).toFixed(0)} %`}`);
  const failures = Object.entries(report.failed).map(([name, says]) => `\nNOT MEASURED: ${name}: ${says}`);
  return `${report.machine}; bosun as ${report.entry}; ${report.seconds.toFixed(0)} s; load ${loadavg()[0]?.toFixed(1)}
medians; the bare loop does the least an agent on Node can do, "synced" one fdatasync a record (bench/bare-loop.ts); it is the floor

${renderTable(report.rows)}

cores used by others meanwhile: ${shares.join(", ")}. Above 20 %, measure again.${failures.join("")}`;
}

const { values } = parseArgs({
  options: { "json": { type: "boolean" }, "all": { type: "boolean" }, "only": { type: "string" }, "dist": { type: "string" } },
});
const names = values.only?.split(",") ?? Object.keys(groups);
const unknown = names.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) {
  console.error(`There is no group ${unknown.join(", ")}. The groups are: ${Object.keys(groups).join(", ")}.`);
  process.exit(2);
}
if (values.dist === undefined) build();
const report = await measureAll(resolve(values.dist ?? join(root, "dist")), names, values.all ?? false);
const json = JSON.stringify(
  { ...report, rows: report.rows.map((one) => ({ ...one, ratio: ratio(one), allowedRatio: allowedRatio(one), verdict: holds(one) })) },
  null,
  2,
);
const folder = join(root, "bench-results");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, `${report.at.slice(0, 19).replaceAll(":", "-")}.json`), `${json}\n`);
console.log(values.json ? json : describe(report));
// A limit that is missed is news, not an error: one machine's noise must not fail a build. A group that broke is one.
if (Object.keys(report.failed).length > 0) process.exitCode = 1;
