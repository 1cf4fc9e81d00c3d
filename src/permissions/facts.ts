// What the world says about a call, found before it is judged. Reads only.
//
// Owns: which paths, commands and hosts a call is about. Calls: exec (look), shell-facts.
// Invariants
//  F1  A path is judged where it leads: links resolved, of a file that doesn't exist the nearest folder that does.
//  F2  What can't be resolved or understood is said in `unclear`, never left out.
//  F3  `commands` is complete or null; `heard` only ever serves to refuse.
import { isJsonObject, type Json } from "../base/index.ts";
import { createFiles } from "../exec/index.ts";
import type { ToolCall } from "../model/index.ts";
import { resolvePath, type Subject, type ToolMeta } from "../tools/index.ts";
import type { CommandFact, EffectFact, Facts, FindingFact, PathFact, Request } from "./decision.ts";
import { isInside, protectedReason, secretReason } from "./protected.ts";
import { realPathOf } from "./real-path.ts";

export interface FactsWorld {
  /** Where relative paths start; absolute and real. */
  readonly cwd: string;
  readonly root: string;
  /** The person's home folder. */
  readonly home: string;
  /** bosun's own folder, absolute. */
  readonly own?: string;
  /** What stands at an absolute path, as FilesPort.look. */
  readonly look?: (path: string) => Promise<{ readonly kind: "file" | "folder" | "other" | "absent" | "unreadable"; readonly real: string }>;
}
export async function findFacts(call: ToolCall, meta: Pick<ToolMeta, "subjects" | "effect" | "source">, world: FactsWorld): Promise<Request> {
  const found: Found = {
    lines: [],
    paths: [],
    commands: [],
    heard: [],
    domains: [],
    names: [],
    unclear: null,
    findings: [],
    effects: [],
    moreEffects: 0,
    moves: false,
    analysed: false,
  };
  for (const subject of meta.subjects) {
    for (const value of valuesAt(call.input, subject.field)) await look(subject, value, found, world);
  }
  const { unclear } = found;
  const facts: Facts = {
    cwd: world.cwd,
    root: world.root,
    paths: found.paths,
    commands: found.commands,
    domains: found.domains,
    ...(found.names.length === 0 ? {} : { names: found.names }),
    ...(found.heard.length === 0 ? {} : { heard: found.heard }),
    ...(unclear === null ? {} : { unclear: unclear.says }),
    ...(unclear?.span === undefined ? {} : { unclearAt: unclear.span }),
    ...(found.analysed ? { findings: found.findings, effects: found.effects } : {}),
    ...(found.moreEffects === 0 ? {} : { moreEffects: found.moreEffects }),
    ...(found.moves ? { moves: true } : {}),
  };
  return { call, effect: meta.effect, source: meta.source, subject: found.lines.join(", ") || call.tool, facts };
}

interface Found {
  readonly lines: string[];
  readonly paths: PathFact[];
  commands: CommandFact[] | null;
  readonly heard: CommandFact[];
  readonly domains: string[];
  readonly names: string[];
  unclear: { readonly says: string; readonly span?: CommandFact["span"] } | null;
  readonly findings: FindingFact[];
  readonly effects: EffectFact[];
  moreEffects: number;
  moves: boolean;
  analysed: boolean;
}

/** What stands at "edits/*" + "/path": one value per item; undefined where nothing stands. */
function valuesAt(input: Json, field: string): readonly (Json | undefined)[] {
  let values: readonly (Json | undefined)[] = [input];
  for (const name of field.split("/")) {
    if (name === "*") values = values.flatMap((value) => (Array.isArray(value) ? value : [undefined]));
    else values = values.map((value) => (isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined));
  }
  return values;
}

async function look(subject: Subject, value: Json | undefined, found: Found, world: FactsWorld): Promise<void> {
  if (subject.kind === "path" && value === undefined && subject.otherwise === "cwd") {
    found.lines.push(world.cwd);
    return findPaths(world.cwd, found, world);
  }
  if (typeof value !== "string" || value === "") {
    if (subject.kind === "command") found.commands = null;
    found.unclear ??= { says: `its "${subject.field}" is missing or no text` };
    return;
  }
  switch (subject.kind) {
    case "path":
      found.lines.push(value);
      return findPaths(value, found, world);
    case "command":
      found.lines.push(value);
      return findCommands(value, found, world);
    case "name":
      found.lines.push(value);
      found.names.push(value);
      return;
    case "domain": {
      const host = hostOf(value);
      found.lines.push(host ?? value);
      if (host === null) found.unclear ??= { says: `its "${subject.field}" is no http or https address` };
      else found.domains.push(host);
    }
  }
}

async function findCommands(text: string, found: Found, world: FactsWorld): Promise<void> {
  const { findShellFacts } = await import("./shell-facts.ts");
  const { commands, heard, findings, effects, moreEffects, moves } = await findShellFacts(text, {
    cwd: world.cwd,
    root: world.root,
    home: realHome(world.home),
    ...ownOf(world),
  });
  const before = found.commands?.length ?? 0;
  found.analysed = true;
  found.heard.push(...heard);
  found.findings.push(...findings.map((finding) => (finding.command === undefined ? finding : { ...finding, command: finding.command + before })));
  found.effects.push(...effects);
  found.moreEffects += moreEffects;
  found.moves ||= moves;
  const first = findings.find((finding) => finding.kind === "unclear");
  if (first !== undefined) found.unclear ??= { says: first.says, span: first.span };
  if (commands === null || commands.length === 0) found.commands = null;
  else found.commands?.push(...commands);
  if (found.commands === null) found.unclear ??= { says: "there is no command in it", span: { start: 0, end: text.length } };
}

/** A command is about to be judged: what its facts need is loaded meanwhile. What can't be loaded is said when it is needed. */
export function expectCommand(): void {
  Promise.all([import("./shell-facts.ts"), import("../shell/index.ts").then(({ warmUp }) => warmUp())]).catch(() => undefined);
}

function hostOf(address: string): string | null {
  const url = URL.parse(address);
  if (url === null || (url.protocol !== "https:" && url.protocol !== "http:") || url.hostname === "") return null;
  return url.hostname.toLowerCase().replace(/\.$/, "");
}

/** The path as the tools mean it (they have no `~`), and where it leads. */
async function findPaths(asked: string, found: Found, world: FactsWorld): Promise<void> {
  if (asked.includes("\0")) {
    found.unclear ??= { says: "the path holds a NUL character" };
    return;
  }
  const absolute = resolvePath(world.cwd, asked);
  const { kind, real } = await (world.look ?? createFiles().look)(absolute);
  if (kind === "unreadable") found.unclear ??= { says: `where ${asked} leads can't be read` };
  if (kind === "other") found.unclear ??= { says: `${asked} is neither a file nor a folder, or a link to nothing` };
  const place = { home: realHome(world.home), root: world.root, ...ownOf(world) };
  const inside = kind !== "unreadable" && kind !== "other" && isInside(real, world.root);
  const why = (find: typeof protectedReason) => find(real, place) ?? (absolute === real ? null : find(absolute, place));
  found.paths.push({ asked, absolute, real, inside, protected: why(protectedReason), secret: why(secretReason) });
}

/** As it was named, and where that leads. */
const ownOf = ({ own }: FactsWorld) => (own === undefined ? {} : { own: [own, realHome(own)] });

const homes = new Map<string, string>();

/** These folders don't move while the process lives. */
function realHome(home: string): string {
  const known = homes.get(home) ?? realPathOf(home);
  homes.set(home, known);
  return known;
}
