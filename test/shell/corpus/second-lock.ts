// `node test/shell/corpus/second-lock.ts FILE… [--fixture DIR] [--only TEXT] [--write]`: rows without the analyser, each allowed
// blindly and run by bosun's own shell in the read-only profile. What it still had of its effect; what of a benign row came out otherwise.
// --fixture: a world with proj, home, outside and tmp, for rows that are at /mnt/w. --write: leaves the result in second-lock.json.
//
// Invariants
//  L1  A row counts as taken only if it ran in the profile: what could not be placed in it is an error, and fails the measurement.
//      A connection counts when it comes about; the world has no network, so this is no proof of that wall: test/exec/sandbox.test.ts is.
//  L2  Any change of the world counts as kept, be it the one that the row names or not.
import { type ChildProcessByStdio, spawn, spawnSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { createInterface, type Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { parseArgs } from "node:util";
import { type ClassCount, corpusFiles, countByClass, isHostile, type Row, readRows, shareText } from "./row.ts";
import { byTwo, type Carrier, createRunner, optionsOf, type Ran, type Runner, type RunOptions, shellLine } from "./runner.ts";
import { bosunBinds, bosunLine, harbour, outerLine, type World } from "./sandbox.ts";
import { type Answer, lineOf, type Request } from "./second-lock-wire.ts";
import { buildWorld, makeFolder } from "./world.ts";

/** Of the world that --fixture names. */
const fixture: World = {
  folders: [...["proj", "home", "outside"].map((name) => [name, `/mnt/w/${name}`] as const), ["tmp", "/tmp"]],
  home: "/mnt/w/home",
  project: "/mnt/w/proj",
};

type Profile = Request["profile"];
export interface Finding {
  readonly row: Row;
  /** Null: the profile took the effect, or changed nothing. A text: what was kept, or came out otherwise. */
  readonly wrong: string | null;
  /** A benign row that says something else each time: only its exit code was compared. */
  readonly varies?: boolean;
  /** Why it was not run. */
  readonly skipped?: string;
}

/** A process of bosun in the world, made when it is needed and anew when the world is. */
interface Driver extends Carrier {
  ask(request: Request): Promise<Answer>;
  profile: Profile;
  close(): void;
}

function createDriver(world: World, folder: string): Driver {
  let child: ChildProcessByStdio<Writable, Readable, null> | null = null;
  let lines: AsyncIterator<string> | null = null;
  let reader: Interface | null = null;
  const start = (): NonNullable<typeof child> => {
    if (child !== null) return child;
    const line = bosunLine("test/shell/corpus/second-lock-runtime.ts", world.project, world.home);
    child = spawn("unshare", outerLine(world, folder, line, bosunBinds), { stdio: ["pipe", "pipe", "inherit"] });
    reader = createInterface({ input: child.stdout });
    lines = reader[Symbol.asyncIterator]();
    return child;
  };
  const driver: Driver = {
    profile: "read-only",
    async ask(request) {
      start().stdin.write(lineOf(request));
      const next = await lines?.next();
      if (next === undefined || next.done) throw new Error(`bosun ended in the world, at: ${request.command}`);
      const answer = JSON.parse(next.value) as Answer;
      if (answer.ended.startsWith("error: ")) throw new Error(`${answer.ended} At: ${request.command}`);
      return answer;
    },
    async run(command: string, options: Required<RunOptions>): Promise<Ran> {
      const text = textOf(command, options);
      const { ended, code, output } = await driver.ask({ command: text, profile: driver.profile, limit: options.limit });
      return { code, output, errors: "", hung: ended === "timed-out", connected: options.watch && connections(output).length > 0 };
    },
    forget() {
      child?.kill("SIGKILL");
      reader?.close();
      child = null;
    },
    close: () => driver.forget(),
  };
  return driver;
}

const quote = (word: string): string => `'${word.replaceAll("'", "'\\''")}'`;

/** What the shell is given, which is bash's: another shell, a terminal, a watcher are called from it. */
function textOf(command: string, { shell, terminal, watch }: Pick<Required<RunOptions>, "shell" | "terminal" | "watch">): string {
  if (shell === "bash" && !terminal && !watch) return command;
  const inner = `${shellLine(shell).join(" ")} ${quote(command)}`;
  const line = terminal ? `script -qec ${quote(inner)} /dev/null` : inner;
  return watch ? `strace -f -qq -s 9 -e trace=connect,sendto -e signal=none ${line}` : line;
}

/** Connections that came about with anything but the namespace's own empty loopback, in what strace says. */
const connections = (output: string): string[] =>
  output.split("\n").filter((line) => /AF_INET6?\b/.test(line) && !/"(?:127\.[\d.]+|::1)"/.test(line) && /\) += (?:\d+|-1 EINPROGRESS.*)$/.test(line));

export interface Corpus {
  readonly rows: readonly Row[];
  /** Absent: our own world. */
  readonly fixture?: string | undefined;
}

/** By two at a time. `profile`: another one, to see that the rows have their effects without the walls. */
export async function runInProfile({ rows, fixture: made }: Corpus, profile: "read-only" | "open" = "read-only"): Promise<Finding[]> {
  const folder = makeFolder("lock");
  const world = made === undefined ? harbour : fixture;
  const built = made ?? join(folder, "built");
  const open = (name: string): Place => {
    const copy = join(folder, name);
    const driver = createDriver(world, copy);
    const runner = createRunner(built, copy, world, driver);
    return {
      driver,
      runner,
      close: () => {
        driver.close();
        runner.close();
      },
    };
  };
  try {
    if (made === undefined) buildWorld(built);
    return await byTwo(rows, open, (row, place) => judge(row, profile, place));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Place {
  readonly driver: Driver;
  readonly runner: Runner;
  close(): void;
}

async function judge(row: Row, profile: Profile, { driver, runner }: Place): Promise<Finding> {
  driver.profile = profile;
  const { had, outcome } = await runner.verify(row);
  if (outcome === undefined) return { row, wrong: null, skipped: String(had) };
  if (isHostile(row)) {
    // a command that does not end is ended by the run's own limit, which is a part of the profile
    const kept = had === true && row.effect !== "hang";
    const changed = outcome.changes.map(({ what, path }) => `${what} ${path}`).slice(0, 3);
    const wrong = kept || changed.length > 0 ? `${row.effect} [${changed.join(", ")}] ${JSON.stringify(outcome.output.slice(0, 100))}` : null;
    return { row, wrong };
  }
  // what a run in the profile changed was put back: the plain ones start in the same world
  driver.profile = "none";
  const plain = [await runner.run(row.command, optionsOf(row)), await runner.run(row.command, optionsOf(row))];
  return { row, ...compare(outcome, plain) };
}

function compare(inside: Ran, [first, second]: readonly Ran[]): Pick<Finding, "wrong" | "varies"> {
  if (first === undefined || second === undefined) throw new Error("two plain runs are needed");
  const varies = first.output !== second.output;
  if (inside.code !== first.code) return { varies, wrong: `exit ${first.code} → ${inside.code} ${JSON.stringify(inside.output.slice(0, 200))}` };
  if (varies || inside.output === first.output) return { varies, wrong: null };
  const [was, is] = [first.output.split("\n"), inside.output.split("\n")];
  const at = was.findIndex((line, index) => line !== is[index]);
  return { varies, wrong: `line ${at + 1}: ${JSON.stringify(was[at]?.slice(0, 120))} → ${JSON.stringify(is[at]?.slice(0, 120))}` };
}

/** Rows that ran, by class. */
export const countRan = (findings: readonly Finding[]): ClassCount[] =>
  countByClass(findings.filter(({ skipped }) => skipped === undefined).map(({ row, wrong }) => ({ row, wrong: wrong !== null })));

/** How many of the hostile, or of the benign ones, went wrong. */
export function shareOf(findings: readonly Finding[], hostile: boolean): { readonly rows: number; readonly wrong: number } {
  const mine = countRan(findings).filter((each) => each.hostile === hostile);
  return { rows: mine.reduce((sum, each) => sum + each.rows, 0), wrong: mine.reduce((sum, each) => sum + each.wrong, 0) };
}

/** Why this can't be measured here, or null. */
export const missingOuter: string | null = (() => {
  const folder = makeFolder("outer");
  try {
    for (const [name] of harbour.folders) spawnSync("mkdir", ["-p", join(folder, name, "code/harbour")]);
    const inner = ["bwrap", "--ro-bind", "/", "/", "--proc", "/proc", "--unshare-user", "--unshare-pid", "true"];
    const tried = spawnSync("unshare", outerLine(harbour, folder, inner), { encoding: "utf8" });
    return tried.status === 0 ? null : `sandboxes can't be nested here: ${tried.error?.message ?? tried.stderr.trim()}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { fixture: { type: "string" }, only: { type: "string" }, open: { type: "boolean" }, write: { type: "boolean" } },
  });
  if (missingOuter !== null) throw new Error(missingOuter);
  const { only } = values;
  const rows = (positionals.length === 0 ? corpusFiles : positionals)
    .flatMap(readRows)
    .filter((row) => only === undefined || row.id === only || row.class.includes(only));
  const start = performance.now();
  const findings = await runInProfile(
    { rows, fixture: values.fixture === undefined ? undefined : resolve(values.fixture) },
    values.open ? "open" : "read-only",
  );
  for (const { row, wrong, skipped } of findings) {
    if (wrong !== null) console.log(`${isHostile(row) ? "KEPT " : "OTHER"} ${row.id} ${row.class} ${JSON.stringify(row.command).slice(0, 160)} — ${wrong}`);
    if (skipped !== undefined) console.log(`skip  ${row.id} ${row.class} ${skipped}`);
  }
  const [hostile, benign] = [shareOf(findings, true), shareOf(findings, false)];
  const varying = findings.filter(({ varies }) => varies).length;
  console.log(`hostile rows without their effect ${shareText(hostile.rows - hostile.wrong, hostile.rows)}`);
  console.log(
    `benign rows that came out otherwise ${shareText(benign.wrong, benign.rows)}; ${varying} say something else each time, of these the exit code is compared`,
  );
  console.log(`${((performance.now() - start) / 1000).toFixed(1)} s`);
  if (values.write) writeFileSync(join(import.meta.dirname, "second-lock.json"), `${JSON.stringify({ classes: countRan(findings) }, null, 2)}\n`);
}

if (process.argv[1] === import.meta.filename) await main();
