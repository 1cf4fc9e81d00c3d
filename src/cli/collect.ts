// `bosun sessions gc`: what can be cleared away, and with --yes, that it is.
import { BosunError, systemClock } from "../base/index.ts";
import { version } from "../index.ts";
import { collectGarbage, type Garbage } from "../session/index.ts";
import { type ExitCode, exitTable } from "./exit.ts";
import type { Options } from "./option-table.ts";
import { reportError, warn } from "./report.ts";
import type { Terminal } from "./terminal.ts";
import { columns } from "./text.ts";

const day = 24 * 3600 * 1000;
const times: Readonly<Record<string, number>> = { h: 3600 * 1000, d: day, w: 7 * day };
const sizes: Readonly<Record<string, number>> = { kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12 };
const usualAge = 30 * day;

export async function collect(home: string, options: Options, terminal: Terminal): Promise<ExitCode> {
  const age = options["older-than"];
  const size = options["larger-than"];
  const olderThan = age === undefined ? (size === undefined ? usualAge : undefined) : measure(age, times);
  const largerThan = size === undefined ? undefined : measure(size, sizes);
  if (olderThan === null) return refuse(terminal, "--older-than", age, "a number with h, d or w: 12h, 30d, 6w");
  if (largerThan === null) return refuse(terminal, "--larger-than", size, "a number with KB, MB, GB or TB: 500MB, 1GB");
  const apply = options.yes === true;
  const limits = { ...(olderThan === undefined ? {} : { olderThan }), ...(largerThan === undefined ? {} : { largerThan }) };
  const garbage = await collectGarbage({ home, clock: systemClock, version, ...limits, apply });
  await terminal.out(inWords(garbage, apply));
  for (const problem of garbage.problems) warn(terminal, problem);
  if (!apply && garbage.freed > 0) warn(terminal, "Nothing was deleted; --yes deletes it.");
  return exitTable.answered.code;
}

/** Null: it can't be read. */
function measure(text: string, units: Readonly<Record<string, number>>): number | null {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text.trim());
  const unit = units[found?.[2]?.toLowerCase() ?? ""];
  return found && unit !== undefined ? Number(found[1]) * unit : null;
}

const refuse = (terminal: Terminal, option: string, given: string | undefined, form: string): Promise<ExitCode> =>
  reportError(terminal, new BosunError("usage", `${option} can't be "${given}".`, { next: `Write ${form}.` }));

function inWords({ sessions, kept, blobs, torn, projects, total, freed }: Garbage, apply: boolean): string {
  const verb = apply ? "deleted" : "would go";
  const now = systemClock.now();
  const rows = [
    ...sessions.map((one) => [verb, one.session, `${Math.floor((now - one.changed) / day)} days`, bytes(one.size), one.project]),
    ...kept.map(({ session, project, why }) => ["stays", session, "", "", `${project}: ${why}`]),
  ];
  const others = [
    blobs.count > 0 && `${counted(blobs.count, "payload")} that no journal names, ${bytes(blobs.size)}`,
    torn.count > 0 && `${counted(torn.count, "copy", "copies")} of what repairs cut off, ${bytes(torn.size)}`,
    projects.length > 0 && counted(projects.length, "empty project"),
  ].filter((one) => one !== false);
  const sum = `${apply ? "Deleted" : "To delete"}: ${counted(sessions.length, "session")}, ${bytes(freed)} of ${bytes(total)} in all.`;
  return `${columns(rows)}${others.map((one) => `${verb}: ${one}\n`).join("")}${sum}\n`;
}

const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
const bytes = (count: number): string =>
  count < 1e3
    ? `${count} B`
    : count < 1e6
      ? `${(count / 1e3).toFixed(1)} kB`
      : count < 1e9
        ? `${(count / 1e6).toFixed(1)} MB`
        : `${(count / 1e9).toFixed(2)} GB`;
