// Settings of one run: from flags, the project and the person, in this order of precedence.
//
// Owns: which file counts for what. Calls: the file system (reads), jsonc-parser when there is a file.
// Invariants
//  S1  A project that the person doesn't trust can only narrow: it adds deny and ask rules and lowers numbers.
//  S2  What is ignored is said; what can't be read is an error that names file, line and column; nothing is guessed.
//  S3  Only the person's own file says which projects are trusted.
import * as fs from "node:fs";
import { join } from "node:path";
import { BosunError, codeOf, messageOf, type Outcome } from "./errors.ts";
import type { FoundItem, FoundSetting, SettingsFile } from "./settings-file.ts";
import { type Setting, type SettingName, type Settings, settingsTable } from "./settings-table.ts";

export interface SettingsRule {
  readonly text: string;
  readonly verdict: "allow" | "ask" | "deny";
  /** For people: "the command line", or file and line. */
  readonly source: string;
}
export interface LoadedSettings {
  /** Rules stand in `rules`; `permissions.allow` and so on hold their texts, of all sources, without where they come from. */
  readonly settings: Settings;
  readonly rules: readonly SettingsRule[];
  /** Where each value comes from; absent: its default. */
  readonly origins: Readonly<Partial<Record<SettingName, string>>>;
  readonly trusted: boolean;
  /** What was said and doesn't count, one sentence each. */
  readonly notices: readonly string[];
  /** The files that were read. */
  readonly files: readonly string[];
}
export interface SettingsPlace {
  /** Root of the project: absolute. */
  readonly root: string;
  /** $BOSUN_HOME: absolute. */
  readonly home: string;
  readonly flags?: Partial<Settings>;
}

const largest = 1024 * 1024;
const table: Readonly<Record<SettingName, Setting>> = settingsTable;
type Source = { readonly path: string; readonly owner: "person" | "project"; readonly file: SettingsFile };

export async function loadSettings({ root, home, flags = {} }: SettingsPlace): Promise<Outcome<LoadedSettings>> {
  const own = join(home, "settings.json");
  const places: [path: string, owner: "person" | "project"][] = [[own, "person"]];
  // With the home folder as project both may be one file; then it is the person's.
  for (const name of ["settings.json", "settings.local.json"]) {
    const path = join(root, ".bosun", name);
    if (realOf(path) !== realOf(own)) places.push([path, "project"]);
  }
  const sources: Source[] = [];
  const problems: string[] = [];
  for (const [path, owner] of places) {
    const read = readText(path);
    if (read === null) continue;
    if ("says" in read) {
      problems.push(`${path}: ${read.says}.`);
      continue;
    }
    const { readSettingsFile } = await import("./settings-file.ts");
    const file = readSettingsFile(read.text);
    problems.push(...file.problems.map(({ line, column, says }) => `${path}:${line}:${column}: ${says}.`));
    sources.push({ path, owner, file });
  }
  if (problems.length > 0) {
    const next = problems.length === 1 ? "Mend it; docs/settings.md lists all keys." : `Mend these ${problems.length}; docs/settings.md lists all keys.`;
    return { ok: false, error: new BosunError("settings-malformed", problems.join("\n"), { next }) };
  }
  return { ok: true, value: merge(sources, flags, root) };
}

/** null: there is no such file. Only a regular file is opened: opening a pipe would wait for its writer. */
function readText(path: string): { readonly text: string } | { readonly says: string } | null {
  try {
    const stat = fs.statSync(path);
    if (!stat.isFile()) return { says: "this is not a file" };
    if (stat.size > largest) return { says: `it has ${stat.size} bytes; a settings file has at most ${largest}` };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(path)) };
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return null;
    return { says: codeOf(error) === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8" : `it can't be read (${codeOf(error) || messageOf(error)})` };
  }
}

function realOf(path: string): string {
  try {
    return fs.realpathSync.native(path);
  } catch {
    return path;
  }
}

interface Merging {
  readonly values: Partial<Record<SettingName, string | number | boolean>>;
  readonly origins: Partial<Record<SettingName, string>>;
  readonly lists: Partial<Record<SettingName, FoundItem[]>>;
  readonly rules: SettingsRule[];
  readonly notices: string[];
}

/** From the weakest source to the strongest. */
function merge(sources: readonly Source[], flags: Partial<Settings>, root: string): LoadedSettings {
  const into: Merging = { values: {}, origins: {}, lists: {}, rules: [], notices: [] };
  for (const [name, { default: value }] of Object.entries(table) as [SettingName, Setting][]) if (value !== undefined) into.values[name] = value;
  const trust = sources.filter(({ owner }) => owner === "person").flatMap(({ file }) => itemsOf(file, "trust"));
  const trusted = trust.some(({ text }) => realOf(text) === realOf(root));
  for (const { path, owner, file } of sources) {
    for (const setting of file.found) {
      if (owner === "person" || (trusted && setting.name !== "trust")) take(setting, path, into);
      else narrow(setting, path, into);
    }
  }
  for (const [name, value] of Object.entries(flags) as [SettingName, Settings[SettingName]][]) {
    if (value === undefined) continue;
    const items = typeof value === "object" ? value.map((text) => ({ text, line: 0 })) : null;
    if (items === null) [into.values[name], into.origins[name]] = [value as string | number | boolean, "the command line"];
    else add(name, items, "the command line", into);
  }
  const lists = Object.fromEntries(
    Object.entries(table)
      .filter(([, { type }]) => type.kind === "list")
      .map(([name]) => [name, (into.lists[name as SettingName] ?? []).map(({ text }) => text)]),
  );
  const settings = { ...into.values, ...lists } as unknown as Settings;
  return { settings, rules: into.rules, origins: into.origins, trusted, notices: into.notices, files: sources.map(({ path }) => path) };
}

function itemsOf(file: SettingsFile, name: SettingName): readonly FoundItem[] {
  return file.found.flatMap((setting) => (setting.name === name && typeof setting.value === "object" ? setting.value : []));
}

function take({ name, value, line }: FoundSetting, path: string, into: Merging): void {
  if (typeof value === "object") add(name, value, path, into);
  else [into.values[name], into.origins[name]] = [value, `${path}:${line}`];
}

/** What a project that isn't trusted may say. */
function narrow(setting: FoundSetting, path: string, into: Merging): void {
  const { name, value, line } = setting;
  const { project } = table[name];
  const known = into.values[name];
  const lowers = project === "lowers" && typeof value === "number";
  if (project === "adds" || (lowers && (typeof known !== "number" || value < known))) take(setting, path, into);
  else if (!lowers || value !== known) {
    const untrusted = 'this project is not trusted (your own settings, under "trust")';
    const why = name === "trust" ? "only your own settings say which projects are trusted" : lowers ? `it may only lower it below ${known}` : untrusted;
    into.notices.push(`${path}:${line}: "${name}" is ignored: ${why}.`);
  }
}

function add(name: SettingName, items: readonly FoundItem[], path: string, into: Merging): void {
  const list = into.lists[name] ?? [];
  into.lists[name] = list;
  list.push(...items);
  const verdict = /^permissions\.(allow|ask|deny)$/.exec(name)?.[1] as SettingsRule["verdict"] | undefined;
  if (verdict === undefined) return;
  for (const { text, line } of items) into.rules.push({ text, verdict, source: line === 0 ? path : `${path}:${line}` });
}
