// Secrets by their value: what environment variables and .env files are set to. They are taken out wherever they stand,
// whatever they look like.
//
// Invariants
//  N1  A value counts only where its name or its form says secret: common words, paths, addresses and counts never do.
//  N2  Nothing is read before something is redacted; each folder's files are read once a process, at most 1 MB each.
//  N3  Values stay in this process's memory; only their length leaves it.
import { join } from "node:path";

/** Longest first: a value inside another one must not break it up. */
let values: readonly string[] = [];
const known = new Set<string>();
const waiting = new Set<string>();
const seen = new Set<string>();
let environment: Readonly<Record<string, string | undefined>> | null = process.env;

const secretName =
  /pass(?:word|wd|phrase)?$|_pass_|pwd|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|account[_-]?key|encryption[_-]?key|credential|authorization|^auth$|_auth$/i;
const tame = /^(?:[a-z]{1,11}|[A-Z]{1,11}|[\d.,:_-]+|\d{4}-\d\d-\d\dT.*|[.~]?\.?\/(?:[\w.@-]+\/)*[\w.@-]*|[A-Za-z]:\\.*)$/;
const ownMark = "[redacted: known-secret, 0 characters]";
const shortest = 8;

/** Whether the value of a variable is one: by the variable's name, or by the value's own form. */
export function isSecretSetting(name: string, value: string): boolean {
  if (value.length < shortest || tame.test(value) || ownMark.includes(value)) return false;
  if (/^[a-z][a-z+.-]*:\/\//i.test(value)) return /:\/\/[^\s/@]*:[^\s/@]+@/.test(value);
  return secretName.test(name) || (/key$/i.test(name) && isDrawn(value));
}

/** As in a `.env` file, which is where secrets live: what looks drawn by lot counts too, whatever it is called. */
const isSecretLine = (name: string, value: string): boolean => isSecretSetting(name, value) || (!tame.test(value) && isDrawn(value));

const isDrawn = (value: string): boolean =>
  value.length >= 16 && /^[^\s/:]+$/.test(value) && /\d/.test(value) && /[A-Za-z]/.test(value) && !/^[a-z0-9]{1,15}(?:[._-][a-z0-9]{1,15})*$/.test(value);

/** The secrets of a project's `.env` files are taken out from now on. Costs nothing until something is redacted. */
export function rememberSecretsOf(folder: string): void {
  if (folder === "" || seen.has(folder)) return;
  seen.add(folder);
  waiting.add(folder);
}

/** These are taken out from now on, as they are. For what is known to be secret: a key that a provider is asked with. */
export function rememberSecrets(more: Iterable<string>): void {
  const before = known.size;
  for (const value of more) {
    if (value.length < shortest || ownMark.includes(value)) continue;
    for (const form of [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())]) known.add(form);
  }
  if (known.size > before) values = [...known].sort((left, right) => right.length - left.length);
}

/** Longest first. */
export function knownSecrets(): readonly string[] {
  if (environment !== null) {
    const all = environment;
    environment = null;
    rememberSecrets(Object.entries(all).flatMap(([name, value]) => (value !== undefined && isSecretSetting(name, value) ? [value] : [])));
  }
  if (waiting.size > 0) {
    const folders = [...waiting];
    waiting.clear();
    for (const folder of folders) rememberSecrets(secretsIn(folder));
  }
  return values;
}

const mostBytes = 1024 * 1024;
/** Of one file: each is looked for in everything that goes out. */
const mostValues = 256;
const isEnvironmentFile = (name: string): boolean => /^\.env(\.|$)/.test(name) && !/\.(?:example|sample|template|dist|schema)$/.test(name);

function secretsIn(folder: string): readonly string[] {
  const fs = process.getBuiltinModule("node:fs");
  const read = (name: string): readonly string[] => {
    try {
      const path = join(folder, name);
      const stat = fs.statSync(path);
      return stat.isFile() && stat.size <= mostBytes ? secretsOfText(fs.readFileSync(path, "utf8")) : [];
    } catch {
      return []; // what cannot be read here has told nobody its secrets through us
    }
  };
  try {
    return fs.readdirSync(folder).filter(isEnvironmentFile).flatMap(read);
  } catch {
    return [];
  }
}

/** Of the text of a `.env` file. */
export function secretsOfText(text: string): readonly string[] {
  const parsed = process.getBuiltinModule("node:util").parseEnv(text);
  const found = Object.entries(parsed).flatMap(([name, value]) => (value !== undefined && isSecretLine(name, value) ? [value] : []));
  const lines = found.flatMap((value) => (value.includes("\n") ? value.split(/\r?\n/).filter((line) => line.length >= 24) : []));
  return [...found, ...lines].slice(0, mostValues);
}
