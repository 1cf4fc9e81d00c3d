// What a plugin says of itself: plugin.json, read strictly. Pure; nothing of it is believed beyond what is shown to the person.
//
// Invariants
//  M1  A manifest with one problem is no manifest: what is not understood is not passed over.
//  M2  Its tools are named `<id>__<name>`, so that none can have a builtin's name.
//  M3  Schemas hold only keywords that cost bounded work here: no patterns, no references.
import { canonicalJson, isJsonObject, type Json, type JsonObject, type JsonSchema, parseJson } from "../../base/index.ts";
import type { Effect, Subject } from "../tool.ts";
import { schemaProblems } from "./plugin-schema.ts";
import { checkedText } from "./plugin-text.ts";

export interface PluginTool {
  /** As the plugin knows it. */
  readonly name: string;
  /** As the model and rules know it. */
  readonly fullName: string;
  readonly description: string;
  readonly responsibility: string;
  readonly input: JsonSchema;
  readonly effect: Effect;
  readonly redo: "safe" | "check" | "never";
  readonly independent: boolean;
  readonly subjects: readonly Subject[];
  /** Milliseconds that one call may take. */
  readonly timeout: number;
}
export interface PluginManifest {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description: string;
  /** Program and arguments; relative ones are looked for in its folder. */
  readonly command: readonly [string, ...string[]];
  readonly tools: readonly PluginTool[];
  /** Names of variables that it is given of the person's environment. */
  readonly environment: readonly string[];
  /** A folder of skills, relative. */
  readonly skills: string | null;
}
export type ManifestOutcome = { readonly ok: true; readonly value: PluginManifest } | { readonly ok: false; readonly problems: readonly string[] };

/** What its tier may have: handed in by who knows the tiers. */
export interface ManifestLimits {
  readonly effects: readonly Effect[];
}

export const manifestFile = "plugin.json";
export const mostManifestBytes = 1024 * 1024;
const mostTools = 64;
const mostSchemaBytes = 16 * 1024;
const longestName = 64;
const usualTimeoutSeconds = 60;
const longestTimeoutSeconds = 600;
const mostWords = 32;

const knownKeys = ["id", "name", "version", "description", "command", "tools", "environment", "skills", "$schema"];
const knownToolKeys = ["name", "description", "responsibility", "input", "effect", "redo", "independent", "subjects", "timeoutSeconds"];
/** Ids that something else is called by. */
const reserved = new Set(["bosun", "builtin", "plugin", "plugins", "skill", "mcp"]);

export function readManifest(text: string, limits: ManifestLimits): ManifestOutcome {
  const parsed = parseJson(text.replace(/^\uFEFF/, ""));
  if (!parsed.ok) return { ok: false, problems: [`${manifestFile} is not JSON: ${parsed.why}`] };
  const { value } = parsed;
  if (!isJsonObject(value)) return { ok: false, problems: [`${manifestFile} must be an object`] };
  const problems: string[] = unknownKeys(value, knownKeys, "");
  const id = checkedText(value["id"], "id", { fits: /^[a-z0-9](?:[a-z0-9-]{0,22}[a-z0-9])?$/, says: "1–24 of a–z, 0–9 and -, not at an end" }, problems);
  if (reserved.has(id)) problems.push(`id: "${id}" is taken by bosun itself`);
  const name = value["name"] === undefined ? id : checkedText(value["name"], "name", { most: 60 }, problems);
  const version = checkedText(value["version"], "version", { fits: /^[0-9A-Za-z][0-9A-Za-z.+-]{0,63}$/, says: "a version such as 1.2.3" }, problems);
  const description = checkedText(value["description"], "description", { most: 500 }, problems);
  const manifest = {
    ...{ id, name, version, description },
    command: readCommand(value["command"], problems),
    tools: readTools(value["tools"], id, limits, problems),
    environment: readEnvironment(value["environment"], problems),
    skills: readSkills(value["skills"], problems),
  };
  return problems.length === 0 ? { ok: true, value: manifest } : { ok: false, problems: problems.slice(0, 50) };
}

const unknownKeys = (value: JsonObject, known: readonly string[], place: string): string[] =>
  Object.keys(value).flatMap((key) => (known.includes(key) ? [] : [`${place}${JSON.stringify(key)} is not known; known are ${known.join(", ")}`]));

/** A path, alone or behind an option's "=". */
const leadsOut = /^(?:-[^=\s]*=)?(?:[/~]|file:|[A-Za-z]:[\\/])|(?:^|[/=])\.\.(?:\/|$)/;

function readCommand(value: Json | undefined, problems: string[]): readonly [string, ...string[]] {
  const words = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (words.length === 0 || words.length > mostWords) problems.push(`command must be a list of 1 to ${mostWords} words, for example ["node", "server.mjs"]`);
  const read = words.slice(0, mostWords).map((word, index) => checkedText(word, `command[${index}]`, { most: 1000 }, problems));
  const [program = "", ...rest] = read;
  if (program.startsWith("/")) problems.push(`command: "${program}" is an absolute path; name a program on PATH, or one in the plugin's folder as ./name`);
  if (program.split("/").includes("..")) problems.push(`command: "${program}" leads out of the plugin's folder`);
  for (const [index, word] of rest.entries()) {
    if (leadsOut.test(word))
      problems.push(`command[${index + 1}]: ${JSON.stringify(word.slice(0, 80))} leads out of the plugin's folder: what is there is not approved with it`);
  }
  return [program, ...rest];
}

function readTools(value: Json | undefined, id: string, limits: ManifestLimits, problems: string[]): readonly PluginTool[] {
  if (!Array.isArray(value)) {
    problems.push("tools must be a list");
    return [];
  }
  if (value.length > mostTools) problems.push(`tools: ${value.length} are too many, at most ${mostTools}`);
  const seen = new Set<string>();
  return (value as readonly Json[]).slice(0, mostTools).flatMap((each, index): readonly PluginTool[] => {
    const place = `tools[${index}]`;
    if (!isJsonObject(each)) {
      problems.push(`${place} must be an object`);
      return [];
    }
    const tool = readTool(each, id, place, limits, problems);
    if (seen.has(tool.name)) problems.push(`${place}.name: a second tool is named "${tool.name}"`);
    seen.add(tool.name);
    return [tool];
  });
}

function readTool(value: JsonObject, id: string, place: string, { effects }: ManifestLimits, problems: string[]): PluginTool {
  problems.push(...unknownKeys(value, knownToolKeys, `${place}.`));
  const form = { fits: /^[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*$/, says: "a–z, 0–9 and single _ or - between; the model knows it as <id>__<name>" };
  const name = checkedText(value["name"], `${place}.name`, form, problems);
  const fullName = `${id}__${name}`;
  if (fullName.length > longestName) problems.push(`${place}.name: ${fullName} has more than ${longestName} characters`);
  const effect = value["effect"];
  if (typeof effect !== "string" || !(effects as readonly string[]).includes(effect)) {
    problems.push(`${place}.effect: ${JSON.stringify(effect ?? null)} is not one a plugin's tool can have: ${effects.join(", ")}`);
  }
  const { redo = "never", timeoutSeconds = usualTimeoutSeconds, independent = false } = value;
  if (redo !== "safe" && redo !== "check" && redo !== "never") problems.push(`${place}.redo must be "safe", "check" or "never"`);
  if (redo === "safe" && (effect === "write" || effect === "execute")) problems.push(`${place}.redo: "safe" can't be promised of the effect "${effect}"`);
  const isSeconds = typeof timeoutSeconds === "number" && Number.isInteger(timeoutSeconds) && timeoutSeconds >= 1 && timeoutSeconds <= longestTimeoutSeconds;
  if (!isSeconds) problems.push(`${place}.timeoutSeconds must be a whole number from 1 to ${longestTimeoutSeconds}`);
  if (typeof independent !== "boolean") problems.push(`${place}.independent must be true or false`);
  const input = readInput(value["input"], `${place}.input`, problems);
  return {
    ...{ name, fullName, input },
    description: checkedText(value["description"], `${place}.description`, { most: 1024, lines: true }, problems),
    responsibility: checkedText(value["responsibility"], `${place}.responsibility`, { most: 120 }, problems),
    effect: effect as Effect,
    redo: redo as PluginTool["redo"],
    independent: independent === true,
    subjects: readSubjects(value["subjects"], input, place, problems),
    timeout: Number(timeoutSeconds) * 1000,
  };
}

function readInput(value: Json | undefined, place: string, problems: string[]): JsonSchema {
  if (!isJsonObject(value)) {
    problems.push(`${place} must be a JSON Schema`);
    return { type: "object" };
  }
  const bytes = Buffer.byteLength(canonicalJson(value));
  if (bytes > mostSchemaBytes) problems.push(`${place} has ${bytes} bytes, at most ${mostSchemaBytes}`);
  else problems.push(...schemaProblems(value, place));
  return value;
}

/** A command is no subject: what the analysis finds in one would lend the tool what only `bash` has. */
function readSubjects(value: Json | undefined, input: JsonSchema, place: string, problems: string[]): readonly Subject[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 8) {
    problems.push(`${place}.subjects must be a list of at most 8`);
    return [];
  }
  const fields = Object.keys(isJsonObject(input["properties"]) ? input["properties"] : {});
  return (value as readonly Json[]).flatMap((each, index): readonly Subject[] => {
    const at = `${place}.subjects[${index}]`;
    const { kind, field, otherwise, ...more } = isJsonObject(each) ? each : {};
    const isKind = kind === "path" || kind === "domain" || kind === "name";
    if (!isKind) problems.push(`${at}.kind must be "path", "domain" or "name"`);
    if (typeof field !== "string" || !fields.includes(field.split("/")[0] ?? "")) problems.push(`${at}.field must name a property of the input`);
    if (otherwise !== undefined && (otherwise !== "cwd" || kind !== "path")) problems.push(`${at}.otherwise can only be "cwd", of a path`);
    problems.push(...unknownKeys(more, ["kind", "field", "otherwise"], `${at}.`));
    if (!isKind || typeof field !== "string") return [];
    return kind === "path" && otherwise === "cwd" ? [{ kind, field, otherwise }] : [{ kind, field }];
  });
}

function readEnvironment(value: Json | undefined, problems: string[]): readonly string[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > 32) {
    problems.push("environment must be a list of at most 32 names");
    return [];
  }
  const form = { fits: /^[A-Za-z_][A-Za-z0-9_]{0,127}$/, says: "the name of a variable" };
  const names = (value as readonly Json[]).map((name, index) => checkedText(name, `environment[${index}]`, form, problems));
  for (const name of names) {
    if (/^(?:LD_|DYLD_|BASH_|NODE_OPTIONS$|NODE_PATH$|ENV$|PATH$|HOME$|IFS$|PYTHONSTARTUP$|PERL5OPT$|RUBYOPT$)/.test(name)) {
      problems.push(`environment: ${name} decides what runs, and is not handed on`);
    }
  }
  return [...new Set(names)];
}

function readSkills(value: Json | undefined, problems: string[]): string | null {
  if (value === undefined) return null;
  const folder = checkedText(value, "skills", { most: 200 }, problems).replace(/^\.\//, "").replace(/\/$/, "");
  if (folder.startsWith("/") || folder.split("/").includes("..")) problems.push("skills must be a folder inside the plugin's");
  return folder;
}
