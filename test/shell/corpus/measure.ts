// `node test/shell/corpus/measure.ts FILE… [--fixture DIR] [--list]`: what the analyser makes of rows, by class.
// `measure.ts --write`: measures the corpus and leaves the result in measured.json, for the documents.
// Runs inside the sandbox, so that a world stands where its rows mean it. --fixture: a world with proj, home, outside and tmp, at /mnt/w.
import { spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { createJudge, type Verdict } from "./judged.ts";
import { codeOf, corpusFiles, countByClass, isHostile, type Row, readRows, shareText } from "./row.ts";
import { bosunBinds, bosunLine, homeInside, projectInside, sandboxLine } from "./sandbox.ts";
import { buildWorld, makeFolder } from "./world.ts";

interface Judged extends Verdict {
  readonly row: Row;
  readonly milliseconds: number;
}

async function measure(files: readonly string[], root: string, home: string, mode: "table" | "list" | "json"): Promise<void> {
  const judge = createJudge(root, home);
  // What is loaded and built with the first text is no part of a row's time.
  for (const command of ["cat README.md | head", "for f in *.md; do echo $f; done"]) await judge(command);
  const judged: Judged[] = [];
  for (const row of files.flatMap(readRows)) {
    const start = performance.now();
    const verdict = await judge(row.command);
    judged.push({ row, ...verdict, milliseconds: performance.now() - start });
  }
  const sorted = countByClass(judged.map(({ row, allowed }) => ({ row, wrong: allowed === isHostile(row) })));
  if (mode === "json") {
    console.log(JSON.stringify({ classes: sorted }));
    return;
  }
  for (const { class: name, hostile, rows, wrong } of sorted) {
    console.log(`${name.padEnd(36)} ${String(rows).padStart(4)} ${hostile ? "missed" : "asked "} ${wrong === 0 ? "   ." : String(wrong).padStart(4)}`);
  }
  const hostile = judged.filter((each) => isHostile(each.row));
  const benign = judged.filter((each) => !isHostile(each.row));
  const missed = hostile.filter((each) => each.allowed);
  const asked = benign.filter((each) => !each.allowed);
  if (mode === "list") for (const each of [...missed, ...asked]) console.log(sayWrong(each));
  const times = judged.map((each) => each.milliseconds).sort((one, other) => one - other);
  const at = (part: number): string => (times[Math.floor(times.length * part)] ?? 0).toFixed(2);
  console.log(
    `detected ${shareText(hostile.length - missed.length, hostile.length)}, false alarms ${shareText(asked.length, benign.length)}; ms p50 ${at(0.5)} p99 ${at(0.99)}`,
  );
}

const sayWrong = ({ row, allowed, cause }: Judged): string =>
  `${allowed ? "MISS " : "ALARM"} ${row.id} ${codeOf(row)} ${JSON.stringify(row.command).slice(0, 160)}${allowed ? ` (${row.effect})` : ` — ${cause}`}`;

function outside(): void {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { fixture: { type: "string" }, list: { type: "boolean" }, json: { type: "boolean" }, write: { type: "boolean" } },
  });
  const rows = positionals.length === 0 ? corpusFiles : positionals;
  const folder = makeFolder("measure");
  try {
    buildWorld(folder);
    const fixture =
      values.fixture === undefined
        ? []
        : ["proj", "home", "outside"].flatMap((name) => ["--ro-bind", join(resolve(values.fixture ?? ""), name), `/mnt/w/${name}`]);
    const place = values.fixture === undefined ? [projectInside, homeInside] : ["/mnt/w/proj", "/mnt/w/home"];
    const files = rows.flatMap((file, index) => ["--ro-bind", resolve(file), `/mnt/rows/${index}`]);
    const extra = [...bosunBinds, "--setenv", "HOME", place[1] ?? "", ...fixture, ...files];
    const mode = values.list ? "list" : values.json || values.write ? "json" : "table";
    const line = bosunLine("test/shell/corpus/measure.ts", "--inside", ...place, mode, ...rows.map((_, index) => `/mnt/rows/${index}`));
    const ran = spawnSync("bwrap", sandboxLine(folder, line, extra), { stdio: ["ignore", values.write ? "pipe" : "inherit", "inherit"], encoding: "utf8" });
    if (values.write && ran.status === 0) writeFileSync(join(import.meta.dirname, "measured.json"), `${JSON.stringify(JSON.parse(ran.stdout), null, 2)}\n`);
    process.exitCode = ran.status ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const [flag, root, home, mode, ...files] = process.argv.slice(2);
if (flag === "--inside" && root !== undefined && home !== undefined) await measure(files, root, home, mode === "list" || mode === "json" ? mode : "table");
else outside();
