// What an audit is asked for, as a condition with parameters: no text of a person ever stands in the SQL itself.
import { resolve } from "node:path";
import { type Outcome, systemClock } from "../base/index.ts";
import { findPlace, type Place } from "../index.ts";
import { findSession, projectSlug } from "../session/index.ts";
import { usage } from "./audit-index.ts";
import { readTime } from "./given-time.ts";
import type { Options } from "./option-table.ts";

export interface Condition {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Over the view decisions. */
export async function auditCondition(options: Options, place: Place): Promise<Outcome<Condition>> {
  const where = await whereOf(options, place);
  if (!where.ok) return where;
  const used: Condition[] = [...where.value];
  for (const [option, compare] of [
    ["since", ">="],
    ["until", "<"],
  ] as const) {
    const text = options[option];
    if (text === undefined) continue;
    const at = readTime(text, `--${option}`, systemClock.now());
    if (!at.ok) return at;
    used.push({ sql: `ts ${compare} ?`, values: [at.value] });
  }
  const equal = { verdict: options.verdict, decider: options.by, tool: options.tool, mode: options.mode, check_number: options.check };
  for (const [column, value] of Object.entries(equal)) if (value !== undefined) used.push({ sql: `${column} = ?`, values: [value] });
  if (options.agent !== undefined) used.push({ sql: "instr(' > ' || agents || ' > ', ?) > 0", values: [` > ${options.agent} > `] });
  if (options.rule !== undefined) used.push({ sql: "instr(rule, ?) > 0", values: [options.rule] });
  return { ok: true, value: { sql: ["1", ...used.map(({ sql }) => sql)].join(" AND "), values: used.flatMap(({ values }) => values) } };
}

/** Which sessions: one, those of a project, all; without a word those of this project. */
async function whereOf({ session, project, all }: Options, place: Place): Promise<Outcome<readonly Condition[]>> {
  if ([session, project, all].filter((one) => one !== undefined).length > 1)
    return { ok: false, error: usage("--session, --project and --all exclude each other.", "Give one of them.") };
  if (session !== undefined) {
    if (session === "") return { ok: false, error: usage("--session needs the ID of a session.", "`bosun sessions` lists them.") };
    const found = await findSession(place.home, session, place.sessionsFolder);
    return found.ok ? { ok: true, value: [{ sql: "project = ? AND session = ?", values: [found.value.project, found.value.session] }] } : found;
  }
  if (all === true) return { ok: true, value: [] };
  const slug = project === undefined ? projectSlug(place.root) : slugOf(project, place);
  if (project === undefined || slug !== project) return { ok: true, value: [{ sql: "project = ?", values: [slug] }] };
  // the name of the folder, or all of it but the hash at its end
  return {
    ok: true,
    value: [{ sql: "(project = ? OR (length(project) = ? AND substr(project, 1, ?) = ?))", values: [slug, slug.length + 11, slug.length + 1, `${slug}-`] }],
  };
}

function slugOf(project: string, { cwd }: Place): string {
  if (!/[/\\]|^\.{1,2}$/.test(project)) return project;
  const path = resolve(cwd, project);
  const found = findPlace({ cwd: path }, {});
  return projectSlug(found.ok ? found.value.root : path);
}
