// Whose repository git would read in a folder, and whether its settings run programs while git only reads.
//
// Invariants
//  G1  Only the project's own repository is read without asking: what lies below the project may have come from anybody.
//  G2  A setting that can make a reading sub-command run something asks, by name. git-config(1) of 2.39 to 2.50.
//  G3  A setting that is on no list is harmless only if neither git nor its name says that it holds a program.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { type GitSetting, readGitConfig } from "./git-config.ts";
import { submodulesOf } from "./git-index.ts";
import { leadsTo } from "./mentions.ts";
import { isInside } from "./protected.ts";

export interface RepositoryReason {
  readonly says: string;
  /** It is the project's own repository, whose settings are the person's. */
  readonly own: boolean;
}

/** Why git isn't run there without asking, or null. `folder` and `root`: absolute, links resolved. `words`: of the commands, for aliases. */
export function repositoryReason(folder: string, root: string, words: readonly string[]): RepositoryReason | null {
  for (let at = folder; at !== root; at = dirname(at)) {
    const reason = isRepository(at);
    if (reason !== null) return { says: `${at} is a repository of its own (${reason}), whose settings may run programs`, own: false };
    if (dirname(at) === at) break;
  }
  const found = storeOf(root);
  const said = (says: string | null, own: boolean): RepositoryReason | null => (says === null ? null : { says, own });
  if (found === null) return said(aboveReason(root), false);
  if ("says" in found) return said(found.says, false);
  return said(storeReason(found.store, found.common, root, words), true) ?? said(submoduleReason(found.store, root, words), false);
}

/** What makes git take a folder for a repository. Names in any case: some file systems don't tell them apart. */
function isRepository(folder: string): string | null {
  const names = new Set(namesOf(folder).map((name) => name.toLowerCase()));
  if (names.has(".git")) return ".git";
  return isBare(names) ? "a bare one" : null;
}

const isBare = (names: ReadonlySet<string>): boolean => names.has("head") && (names.has("commondir") || (names.has("objects") && names.has("refs")));

function namesOf(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** The project has none: git goes on upwards. */
function aboveReason(root: string): string | null {
  if (isBare(new Set(namesOf(root).map((name) => name.toLowerCase())))) return `${root} itself is laid out as a bare repository`;
  for (let at = dirname(root); ; at = dirname(at)) {
    const reason = isRepository(at);
    if (reason !== null) return `git would read the repository in ${at}, outside the project`;
    if (dirname(at) === at) return null;
  }
}

interface Store {
  /** The folder with HEAD and the index. */
  readonly store: string;
  /** The folder with the settings; of a linked worktree the main one's. */
  readonly common: string;
}

/** Null: the project is no repository. */
function storeOf(root: string): Store | { readonly says: string } | null {
  const at = join(root, ".git");
  const led = leadsTo(at);
  if (!("real" in led)) return { says: `where ${at} leads can't be read` };
  if (!led.exists) return null;
  if (led.real !== at) return { says: `${at} is a link` };
  try {
    if (statSync(at).isDirectory()) return { store: at, common: at };
    const target = /^gitdir: (.+?)\r?\n?$/s.exec(readFileSync(at, "utf8"))?.[1];
    if (target === undefined) return { says: `${at} can't be read` };
    const store = resolve(root, target);
    const common = resolve(store, textIn(join(store, "commondir")) ?? ".");
    return { store, common };
  } catch {
    return { says: `${at} can't be read` };
  }
}

function textIn(path: string): string | null {
  try {
    return readFileSync(path, "utf8").replace(/\r?\n$/, "");
  } catch {
    return null;
  }
}

function storeReason(store: string, common: string, tree: string, words: readonly string[]): string | null {
  for (const file of new Set([join(common, "config"), join(store, "config.worktree"), join(common, "config.worktree")])) {
    const settings = settingsIn(file);
    if (settings === null) return `git's settings in ${file} can't be read`;
    for (const { name, value } of settings) {
      const reason = settingReason(name, value, { store, tree, words });
      if (reason !== null) return `the setting ${name} in ${file} ${reason}`;
    }
  }
  const hooks = hooksOf(store, common, tree);
  return hooks.map((folder) => join(folder, indexHook)).find(isThere) === undefined
    ? null
    : `the hook ${indexHook} of this repository runs when git writes its index, as git status does`;
}

/** The one hook that commands run that only look (githooks(5)). */
const indexHook = "post-index-change";

function hooksOf(store: string, common: string, tree: string): readonly string[] {
  const set = [join(common, "config"), join(store, "config.worktree")]
    .flatMap((file) => settingsIn(file) ?? [])
    .filter(({ name }) => name === "core.hookspath");
  return [join(common, "hooks"), ...set.map(({ value }) => (isAbsolute(value) ? value : resolve(tree, value)))];
}

const isThere = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined;

const known = new Map<string, { readonly mark: string; readonly settings: readonly GitSetting[] | null }>();

/** Of a file that isn't there: none. Null: it can't be read. */
function settingsIn(file: string): readonly GitSetting[] | null {
  let mark: string;
  try {
    const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
    if (stat === undefined) return [];
    if (!stat.isFile() || stat.size > 1_000_000n) return null;
    mark = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  } catch {
    return null;
  }
  const before = known.get(file);
  if (before?.mark === mark) return before.settings;
  const text = textIn(file);
  const settings = text === null ? null : readGitConfig(text);
  known.set(file, { mark, settings });
  return settings;
}

interface Around {
  readonly store: string;
  readonly tree: string;
  readonly words: readonly string[];
}
const isFlag = (value: string): boolean => /^(?:true|false|yes|no|on|off|0|1|)$/i.test(value);

/** First match counts. Null in the third place: harmless. */
const rows: readonly (readonly [name: RegExp, harmless: (value: string, around: Around, name: string) => boolean, says: string])[] = [
  [/^include(?:if)?\./, () => false, "takes in settings from another file"],
  [/^core\.fsmonitor$/, isFlag, "runs a program whenever git looks for changes"],
  [/^core\.worktree$/, (value, { store, tree }) => resolve(store, value) === tree, "makes git read other files than the project's"],
  [/^core\.alternaterefscommand$/, () => false, "runs a program"],
  // Run on a terminal, for the network, or by sub-commands that change something: never by those that only read.
  [/^core\.(?:editor|pager|sshcommand|askpass|gitproxy|hookspath)$/, () => true, ""],
  [
    /^(?:pager|credential|http|https|url|user|author|committer|gui|guitool|difftool|mergetool|rebase|sequence|sendemail|imap|interactive|submodule|receive|uploadpack|instaweb|tar)\./,
    () => true,
    "",
  ],
  [
    /^alias\./,
    (_value, { words }, name) => !words.some((word) => word.toLowerCase() === name.slice("alias.".length).toLowerCase()),
    "stands in for the sub-command",
  ],
  [/^diff\.(?:external|.*\.(?:command|textconv))$/, () => false, "runs a program to show differences"],
  [/^merge\..*\.driver$/, () => false, "runs a program to merge"],
  [
    /^filter\.lfs\./,
    (value) => isFlag(value) || /^git[ -]lfs (?:filter-process|smudge (?:-- )?%f|clean (?:-- )?%f)(?: --skip)?$/.test(value),
    "runs a program on files",
  ],
  [/^filter\..*\.(?:clean|smudge|process)$/, () => false, "runs a program on files"],
  [/^(?:gpg\..*program|gpg\.program|gpg\..*defaultkeycommand)$/, () => false, "names a program that checks signatures"],
  [/^log\.showsignature$/, (value) => /^(?:false|no|off|0)$/i.test(value), "makes git run gpg"],
  [/^(?:pretty\.|format\.pretty$)/, (value) => !/%G|signature/.test(value), "makes git run gpg"],
  [
    /^(?:extensions\.partialclone|remote\..*\.(?:promisor|partialclonefilter))$/,
    (value) => /^(?:false|no|off|0)$/i.test(value),
    "makes git fetch what it misses, over the network",
  ],
  [
    /^(?:man\..*|browser\..*|help\.(?:browser|format)|web\.browser)$/,
    (value, _around, name) => name === "help.format" && /^(?:man|info)$/.test(value),
    "runs a program to show help",
  ],
  [/^(?:hook\..*|trailer\..*\.(?:cmd|command))$/, () => false, "runs a program"],
  [/^(?:remote|branch)\./, () => true, ""],
];
const suspect = /command|cmd|program|driver|textconv|external|exec|helper|editor|pager|hook|tool|browser|shell|filter|proxy|tunnel|run|script/;

function settingReason(name: string, value: string, around: Around): string | null {
  const row = rows.find(([pattern]) => pattern.test(name));
  if (row !== undefined) return row[1](value, around, name) ? null : row[2];
  const key = name.slice(name.lastIndexOf(".") + 1);
  return suspect.test(key) && !isFlag(value) ? "may name a program (it is on no list)" : null;
}

/** Git looks into submodules as it compares, by their own settings. */
function submoduleReason(store: string, root: string, words: readonly string[]): string | null {
  const paths = submodulesOf(join(store, "index"));
  if (paths === null) return `git's index in ${store} can't be read`;
  for (const path of paths) {
    const tree = join(root, path);
    const led = leadsTo(tree);
    if (!("real" in led) || led.real !== tree) return `the submodule ${path} is a link`;
    const found = storeOf(tree);
    if (found === null) continue;
    if ("says" in found) return found.says;
    if (!isInside(found.store, root)) return `the submodule ${path} has its store outside the project`;
    const reason = storeReason(found.store, found.common, tree, words);
    if (reason !== null) return reason;
  }
  return null;
}
