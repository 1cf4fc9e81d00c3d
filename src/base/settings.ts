// Settings of one run, from the strongest to the weakest: managed, flags, the project's local file, the project's, the person's.
//
// Owns: which file counts for what. Calls: the file system (reads), jsonc-parser when there is a file.
// Invariants
//  S1  A project that the person doesn't trust can only narrow: it adds deny and ask rules and lowers numbers.
//  S2  What is ignored is said; what can't be read is an error that names file, line and column; nothing is guessed.
//  S3  Only the person and the managed settings say which projects are trusted.
//  S4  Where the managed settings are is fixed: no variable and no setting moves them.
import * as fs from "node:fs";
import { isAbsolute, join } from "node:path";
import { BosunError, codeOf, messageOf, type Outcome } from "./errors.ts";
import type { FoundItem, FoundSetting, SettingsFile } from "./settings-file.ts";
import { type Setting, type SettingName, type Settings, settingsTable } from "./settings-table.ts";
import { readTrust, type TrustBook } from "./trust.ts";

/** Where a rule comes from, the strongest first. "session": said on the way, by a person. */
export const ruleLevels = ["managed", "flags", "session", "local", "project", "user"] as const;
export type RuleLevel = (typeof ruleLevels)[number];

export interface SettingsRule {
  readonly text: string;
  readonly verdict: "allow" | "ask" | "deny";
  /** For people: "the command line", or file and line. */
  readonly source: string;
  readonly level: RuleLevel;
}
/** A setting of the project that does not count since the project is not trusted. */
export interface WithheldSetting {
  readonly name: SettingName;
  /** What it says there. */
  readonly value: string | number | boolean | readonly string[];
  /** File and line. */
  readonly source: string;
  readonly why: string;
}
export interface LoadedSettings {
  /** Rules stand in `rules`; `permissions.allow` and so on hold their texts, of all sources, without where they come from. */
  readonly settings: Settings;
  readonly rules: readonly SettingsRule[];
  /** Where each value comes from; absent: its default. */
  readonly origins: Readonly<Partial<Record<SettingName, string>>>;
  readonly trusted: boolean;
  /** Whether the person ever said that the project is trusted, or not. */
  readonly trust: "yes" | "no" | "unsaid";
  /** What trusting the project would change. */
  readonly withheld: readonly WithheldSetting[];
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
  /** Absolute; absent: where the system keeps it. For tests. */
  readonly managed?: string;
  /** As if the person had said so; absent: as they did. */
  readonly trust?: "yes" | "no";
}

const largest = 1024 * 1024;
const table: Readonly<Record<SettingName, Setting>> = settingsTable;
type Owner = "user" | "project" | "local" | "managed";
type Source = { readonly path: string; readonly owner: Owner; readonly file: SettingsFile };

/** Written here and not asked of the environment: whoever starts bosun must not be able to leave them out. */
export function managedPath(platform: NodeJS.Platform = process.platform): string {
  if (platform === "win32") return "C:\\ProgramData\\bosun\\settings.json";
  return platform === "darwin" ? "/Library/Application Support/bosun/settings.json" : "/etc/bosun/settings.json";
}

export async function loadSettings({ root, home, flags = {}, managed = managedPath(), trust }: SettingsPlace): Promise<Outcome<LoadedSettings>> {
  const own = join(home, "settings.json");
  const places: [path: string, owner: Owner][] = [[own, "user"]];
  // With the home folder as project both may be one file; then it is the person's.
  for (const owner of ["project", "local"] as const) {
    const path = join(root, ".bosun", owner === "local" ? "settings.local.json" : "settings.json");
    if (realOf(path) !== realOf(own)) places.push([path, owner]);
  }
  places.push([managed, "managed"]);
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
  return { ok: true, value: merge(sources, flags, root, readTrust(home), trust) };
}

/** null: there is no such file. Only a regular file is opened: opening a pipe would wait for its writer. */
function readText(path: string): { readonly text: string } | { readonly says: string } | null {
  try {
    const stat = fs.statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
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
  rules: SettingsRule[];
  readonly notices: string[];
  readonly withheld: WithheldSetting[];
}
const commandLine = "the command line";

/** From the weakest source to the strongest. */
function merge(sources: readonly Source[], flags: Partial<Settings>, root: string, book: TrustBook, asIf: "yes" | "no" | undefined): LoadedSettings {
  const into: Merging = { values: {}, origins: {}, lists: {}, rules: [], notices: book.problem === null ? [] : [book.problem], withheld: [] };
  for (const [name, { default: value }] of Object.entries(table) as [SettingName, Setting][]) if (value !== undefined) into.values[name] = value;
  const trust = asIf ?? trustOf(sources, root, book);
  const trusted = trust === "yes";
  for (const { path, owner, file } of sources.filter((source) => source.owner !== "managed")) {
    for (const setting of file.found) {
      if (table[setting.name].managed === true) into.notices.push(`${path}:${setting.line}: "${setting.name}" is ignored: only the managed settings say it.`);
      else if (owner === "user" || (trusted && setting.name !== "trust")) take(setting, path, owner, into);
      else narrow(setting, path, owner, into);
    }
  }
  for (const [name, value] of Object.entries(flags) as [SettingName, Settings[SettingName]][]) {
    if (value === undefined) continue;
    const items = typeof value === "object" ? value.map((text) => ({ text, line: 0 })) : null;
    if (items === null) [into.values[name], into.origins[name]] = [value as string | number | boolean, commandLine];
    else add(name, items, commandLine, "flags", into);
  }
  for (const { path, owner, file } of sources) if (owner === "managed") takeManaged(file, path, into);
  restrict(into);
  if (into.withheld.length > 0) into.notices.push(withheldInWords(into.withheld, trust));
  const lists = Object.fromEntries(
    Object.entries(table)
      .filter(([, { type }]) => type.kind === "list")
      .map(([name]) => [name, (into.lists[name as SettingName] ?? []).map(({ text }) => text)]),
  );
  const settings = { ...into.values, ...lists } as unknown as Settings;
  const { rules, origins, notices, withheld } = into;
  return { settings, rules, origins, trusted, trust, withheld, notices, files: sources.map(({ path }) => path) };
}

/** A "no" that was recorded counts against the lists: it was said of this very project. */
function trustOf(sources: readonly Source[], root: string, book: TrustBook): LoadedSettings["trust"] {
  const real = realOf(root);
  const said = book.records.find((record) => record.root === real)?.verdict;
  if (said !== undefined) return said;
  const listed = sources.filter(({ owner }) => owner === "user" || owner === "managed").flatMap(({ file }) => itemsOf(file, "trust"));
  return listed.some(({ text }) => isAbsolute(text) && realOf(text) === real) ? "yes" : "unsaid";
}

function itemsOf(file: SettingsFile, name: SettingName): readonly FoundItem[] {
  return file.found.flatMap((setting) => (setting.name === name && typeof setting.value === "object" ? setting.value : []));
}

function take({ name, value, line }: FoundSetting, path: string, level: RuleLevel, into: Merging): void {
  if (name === "trust" && typeof value === "object") {
    // it would be another folder wherever bosun is started
    for (const item of value.filter(({ text }) => !isAbsolute(text)))
      into.notices.push(`${path}:${item.line}: ${JSON.stringify(item.text)} trusts nothing: write the whole path, or use \`bosun trust\`.`);
  }
  if (typeof value === "object") add(name, value, path, level, into);
  else [into.values[name], into.origins[name]] = [value, `${path}:${line}`];
}

function takeManaged(file: SettingsFile, path: string, into: Merging): void {
  for (const setting of file.found) {
    const { name, value, line } = setting;
    // rules and trust of all sources are put together; of any other list the strongest source counts alone
    if (typeof value === "object" && verdictOf(name) === undefined && name !== "trust") delete into.lists[name];
    if (into.origins[name] === commandLine && into.values[name] !== value)
      into.notices.push(`"${name}" of the command line is ignored: ${path}:${line} decides it.`);
    take(setting, path, "managed", into);
  }
}

/** What the managed settings forbid. */
function restrict(into: Merging): void {
  const { values, origins, notices } = into;
  if (values["permissions.disableBypass"] === true && values["permissions.mode"] === "bypass") {
    const source = origins["permissions.mode"] ?? commandLine;
    notices.push(`The mode bypass of ${source} is ignored, and "ask" holds: ${origins["permissions.disableBypass"]} forbids it.`);
    values["permissions.mode"] = "ask";
  }
  if (values["permissions.managedRulesOnly"] !== true) return;
  const left = into.rules.filter(({ verdict, level }) => verdict === "allow" && level !== "managed");
  if (left.length === 0) return;
  into.rules = into.rules.filter((rule) => !left.includes(rule));
  into.lists["permissions.allow"] = into.rules.filter(({ verdict }) => verdict === "allow").map(({ text }) => ({ text, line: 0 }));
  const which = left.map(({ text, source }) => `${text} (${source})`).join(", ");
  notices.push(`These allow rules are ignored: ${which}. By ${origins["permissions.managedRulesOnly"]} only managed allow rules count.`);
}

/** What a project that isn't trusted may say. */
function narrow(setting: FoundSetting, path: string, level: RuleLevel, into: Merging): void {
  const { name, value, line } = setting;
  const { project } = table[name];
  const known = into.values[name];
  const lowers = project === "lowers" && typeof value === "number";
  if (project === "adds" || (lowers && (typeof known !== "number" || value < known))) take(setting, path, level, into);
  else if (name === "trust") into.notices.push(`${path}:${line}: "trust" is ignored: only your own settings say which projects are trusted.`);
  else if (!lowers || value !== known) {
    const why = lowers ? `a project that is not trusted may only lower it below ${known}` : "the project is not trusted";
    into.withheld.push({ name, value: typeof value === "object" ? value.map(({ text }) => text) : value, source: `${path}:${line}`, why });
  }
}

const mostNamed = 6;

/** One sentence for all of them, with the next move. */
function withheldInWords(withheld: readonly WithheldSetting[], trust: LoadedSettings["trust"]): string {
  const shown = withheld.slice(0, mostNamed).map(({ name, source }) => `"${name}" (${source})`);
  const more = withheld.length > shown.length ? ` and ${withheld.length - shown.length} more` : "";
  const why = trust === "no" ? "You said that this project is not trusted" : "This project is not trusted";
  return `${why}, so its own settings only narrow, and these are ignored: ${shown.join(", ")}${more}. \`bosun trust\` trusts it.`;
}

const verdictOf = (name: SettingName): SettingsRule["verdict"] | undefined =>
  /^permissions\.(allow|ask|deny)$/.exec(name)?.[1] as SettingsRule["verdict"] | undefined;

function add(name: SettingName, items: readonly FoundItem[], path: string, level: RuleLevel, into: Merging): void {
  const list = into.lists[name] ?? [];
  into.lists[name] = list;
  list.push(...items);
  const verdict = verdictOf(name);
  if (verdict === undefined) return;
  for (const { text, line } of items) into.rules.push({ text, verdict, source: line === 0 ? path : `${path}:${line}`, level });
}
