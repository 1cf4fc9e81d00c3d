// What the effects of a command lead to in a world on the disk: the reasons to ask. Strict where it is not sure.
import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readdirSync, realpathSync } from "node:fs";
import { basename, dirname, join, matchesGlob, relative } from "node:path";
import { isInside, secretReason } from "../../../src/permissions/protected.ts";
import type { Effect, PathMention } from "../../../src/shell/effect.ts";
import type { Value } from "../../../src/shell/value.ts";

export interface Place {
  readonly root: string;
  readonly home: string;
}

export function reasonsToAsk(effects: readonly Effect[], place: Place): string[] {
  return effects.flatMap((effect) => reasonsOf(effect, place));
}

function reasonsOf(effect: Effect, place: Place): string[] {
  switch (effect.kind) {
    case "reads":
      if (effect.what === "names" && isRevision(effect.path.value)) return [];
      return named(effect.path, (path) => readReason(path, effect, place));
    case "repository":
      return named(effect.path, (path) => repositoryReason(path, place));
    case "network":
      return ["reaches the network"];
    case "writes":
      return ["writes"];
    case "runs":
    case "unknown":
      return [effect.says];
  }
}

/** A revision that git printed, looked for as a path: it is one or it isn't. */
const isRevision = (value: Value): boolean => value.kind === "unknown" && value.holds === "word";

function named(mention: PathMention, reason: (path: string) => string | null): string[] {
  if (mention.folders === null)
    return literalAbsolute(mention.value) ? pathsOf(mention.value, "/").flatMap((path) => reason(path) ?? []) : ["folder not known"];
  return mention.folders.flatMap((folder) => pathsOf(mention.value, folder).flatMap((path) => reason(path) ?? []));
}
const literalAbsolute = (value: Value): boolean => value.kind === "literal" && value.text.startsWith("/");

/** As the kernel will walk it: "link/.." is not where the link stands. */
const at = (folder: string, path: string): string => (path.startsWith("/") ? path : `${folder}/${path}`);

function pathsOf(value: Value, folder: string): string[] {
  switch (value.kind) {
    case "literal":
      return [at(folder, value.text)];
    case "glob":
      return expand(value.pattern, folder);
    case "any-of":
      return value.values.flatMap((one) => pathsOf(one, folder));
    case "unknown":
      return unknownPaths(value, folder);
  }
}

function unknownPaths(value: Value & { kind: "unknown" }, folder: string): string[] {
  if (value.holds === "anything" || value.holds === "word") return ["/"];
  if (value.holds === "number") return [at(folder, `${value.prefix}0`)];
  // "src": src itself, and what is below; "./": everything.
  const prefix = value.prefix.replace(/^(?:\.\/)+|^\.$/, "");
  const start = at(folder, prefix);
  const from = prefix === "" ? folder : existsSync(start) ? start.replace(/\/$/, "") : dirname(start);
  return namesBelow(from, value.endings).filter((path) => prefix.startsWith("/") || path.startsWith(start));
}

/** What a program that lists names may have listed: everything below but what git ignores and hides, links themselves too. */
function namesBelow(folder: string, endings: readonly string[] | undefined): string[] {
  if (lstatSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return [folder];
  return namesIn(folder).flatMap((name) => {
    const path = join(folder, name);
    if (name === ".git" || name === "node_modules") return [];
    if (lstatSync(path).isDirectory()) return namesBelow(path, endings);
    return endings === undefined || endings.some((ending) => name.endsWith(ending)) ? [path] : [];
  });
}

/** The names that a pattern matches, segment by segment, as bash does. */
function expand(pattern: string, folder: string): string[] {
  let found = [pattern.startsWith("/") ? "/" : folder];
  for (const segment of pattern.split("/")) {
    if (segment === "") continue;
    if (!/[*?[]/.test(segment)) found = found.map((each) => at(each, segment.replaceAll(/\\(.)/g, "$1")));
    else
      found = found.flatMap((each) =>
        namesIn(each)
          .filter((name) => name.startsWith(".") === segment.startsWith(".") && matchesGlob(name, segment))
          .map((name) => join(each, name)),
      );
  }
  return found;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function realOf(path: string): string {
  if (existsSync(path)) return realpathSync.native(path);
  const parent = dirname(path);
  return parent === path ? path : join(realOf(parent), basename(path));
}

function readReason(path: string, effect: Effect & { kind: "reads" }, place: Place): string | null {
  const real = realOf(path);
  if (!isInside(real, place.root)) return `outside: ${path}`;
  if (effect.what === "content") {
    const secret = secretReason(real, place) ?? secretReason(path, place);
    if (secret !== null) return `secret: ${path}`;
  }
  return effect.deep ? belowReason(real, effect, place) : null;
}

function belowReason(folder: string, effect: Effect & { kind: "reads" }, place: Place): string | null {
  const hidden = effect.below?.hidden !== false;
  const ignored = hidden ? new Set<string>() : ignoredIn(place.root);
  const visit = (path: string): string | null => {
    const stat = lstatSync(path, { throwIfNoEntry: false });
    if (stat === undefined || ignored.has(path)) return null;
    if (stat.isSymbolicLink()) return effect.below?.links === true && !isInside(realOf(path), place.root) ? `a link out: ${path}` : null;
    const { endings } = effect.below ?? {};
    if (!stat.isDirectory() && endings !== undefined && !endings.some((ending) => path.endsWith(ending))) return null;
    if (!stat.isDirectory()) return effect.what === "content" && secretReason(path, place) !== null ? `secret below: ${path}` : null;
    for (const name of namesIn(path)) {
      if (!hidden && name.startsWith(".")) continue;
      const reason = visit(join(path, name));
      if (reason !== null) return reason;
    }
    return null;
  };
  return visit(folder);
}

const known = new Map<string, Set<string>>();
function ignoredIn(root: string): Set<string> {
  const before = known.get(root);
  if (before !== undefined) return before;
  const said = execFileSync("git", ["ls-files", "-z", "--others", "--ignored", "--exclude-standard", "--directory"], { cwd: root, encoding: "utf8" });
  const found = new Set(
    said
      .split("\0")
      .filter((name) => name !== "")
      .map((name) => join(root, name).replace(/\/$/, "")),
  );
  known.set(root, found);
  return found;
}

/** Git may be asked in the project's own repository alone: another one brings settings that run programs. */
function repositoryReason(path: string, place: Place): string | null {
  const real = realOf(path);
  if (!isInside(real, place.root)) return `a repository outside: ${path}`;
  for (let at = real; at !== place.root; at = dirname(at)) {
    const names = namesIn(at);
    if (names.includes(".git") || (names.includes("HEAD") && names.includes("objects") && names.includes("refs")))
      return `another repository: ${relative(place.root, at)}`;
  }
  return null;
}
