// `bosun trust`: whether a project's own settings and skills count. Said by a person, recorded of one folder, undone at any time.
import { existsSync, realpathSync } from "node:fs";
import { resolve } from "node:path";
import { BosunError, forgetTrust, loadSettings, type Outcome, readTrust, recordTrust, type TrustRecord } from "../../base/index.ts";
import { findPlace, type Place } from "../../index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, oneLine, visible } from "../text.ts";
import { changesInWords, type TrustChanges, trustChanges } from "../trust-changes.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const wishes = (["no", "forget", "list"] as const).filter((name) => options[name] === true);
  const usage = (says: string) => reportError(terminal, new BosunError("usage", says, { next: "`bosun help trust` tells its forms." }));
  if (words.length > 1) return usage("trust takes one path.");
  if (wishes.length > 1) return usage(`--${wishes[0]} and --${wishes[1]} exclude each other.`);
  if (options.list === true && words.length > 0) return usage("--list takes no path.");
  const here = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!here.ok) return reportError(terminal, here.error);
  if (options.list === true) return list(here.value.home, options, terminal);
  const [given] = words;
  if (options.forget === true) return forget(here.value, given, options, terminal);
  // a command that an agent runs could say it too: where bosun runs commands, this is set
  if (options.no !== true && (terminal.environment["BOSUN"] ?? "") !== "")
    return usage("Trust is a person's word, and this is a command that an agent runs: say it in a terminal of your own.");
  const place = given === undefined ? here : findPlace({ cwd: resolve(here.value.cwd, given), home: here.value.home }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const told = await say(place.value, options.no === true ? "no" : "yes");
  if (!told.ok) return reportError(terminal, told.error);
  if (options.json === true) await terminal.outJson({ ...told.value.record, changes: told.value.changes });
  else await terminal.out(inWords(told.value));
  return exitTable.answered.code;
}

interface Told {
  readonly record: TrustRecord;
  readonly changes: TrustChanges;
}

async function say(place: Place, verdict: TrustRecord["verdict"]): Promise<Outcome<Told>> {
  const { root, home } = place;
  const loaded = await loadSettings({ root, home, trust: "no" });
  if (!loaded.ok) return loaded;
  const recorded = recordTrust(home, { root, verdict, when: new Date().toISOString(), by: "command" });
  return recorded.ok ? { ok: true, value: { record: recorded.value, changes: await trustChanges(loaded.value, place) } } : recorded;
}

function inWords({ record: { root, verdict }, changes }: Told): string {
  const lines = changesInWords(changes).map((line) => `  ${line}`);
  const head = verdict === "yes" ? `${root} is trusted.` : `${root} is not trusted, and that is not asked any more.`;
  const now = verdict === "yes" ? "These of its own count from the next session on:" : "These of its own do not count:";
  return `${visible(head)}\n${lines.length === 0 ? "Nothing there needs it at the moment.\n" : `${now}\n${lines.join("\n")}\n`}`;
}

/** Also of a folder that is gone, by the path that was recorded. */
async function forget({ root, home, cwd }: Place, given: string | undefined, options: Options, terminal: Terminal): Promise<ExitCode> {
  const path = given === undefined ? root : resolve(cwd, given);
  const place = given === undefined || !existsSync(path) ? null : findPlace({ cwd: path, home }, terminal.environment);
  const which = place?.ok === true ? place.value.root : path;
  const forgotten = forgetTrust(home, which);
  if (!forgotten.ok) return reportError(terminal, forgotten.error);
  if (forgotten.value === null)
    return reportError(terminal, new BosunError("usage", `Nothing is recorded of ${visible(which)}.`, { next: "`bosun trust --list` lists what is." }));
  if (options.json === true) await terminal.outJson({ ...forgotten.value, forgotten: true });
  else await terminal.out(`${visible(which)}: forgotten; it is asked again.\n`);
  return exitTable.answered.code;
}

async function list(home: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const { records, problem } = readTrust(home);
  if (problem !== null) return reportError(terminal, new BosunError("settings-malformed", problem, { next: "" }));
  const rows = records.map((record) => ({ ...record, exists: isThere(record.root) }));
  if (options.json === true) await terminal.outJson({ projects: rows });
  else if (rows.length === 0) await terminal.out("Nothing is recorded. Projects can also be listed under `trust` in your own settings.\n");
  else {
    const shown = rows.map(({ root, verdict, when, by, exists }) => [
      verdict,
      when.slice(0, 10),
      by,
      `${visible(oneLine(root))}${exists ? "" : " (not there any more)"}`,
    ]);
    await terminal.out(columns([["TRUSTED", "SINCE", "BY", "PROJECT"], ...shown]));
  }
  return exitTable.answered.code;
}

function isThere(root: string): boolean {
  try {
    return realpathSync.native(root) === root;
  } catch {
    return false;
  }
}
