// The question to a classifier and the reading of its answer. Pure: what is sent is made here, byte for byte.
//
// Owns: what a classifier sees, and which answers count. Calls: nothing.
// Invariants
//  L1  It sees the person's messages, the call, and what our own analysis found: never a file's content, a tool's result, or an agent's words.
//  L2  Nothing in the messages or in the call can end its block: both stand as JSON in which "<", ">" and what can't be seen are escaped.
//  L3  What runs or leaves the machine is shown whole or not judged: only the texts of an edit are shortened, and that is said.
//  L4  Only an answer of exactly the form that was asked for is a verdict.
import { canonicalJson, isJsonObject, type Json, type JsonObject } from "../base/index.ts";
import { type AssistantMessage, type ModelRequest, textOf } from "../model/index.ts";
import { classifierPrompt, type RiskClass, riskClasses } from "./classifier-prompt.ts";
import type { ClassifierRecord, EffectFact, Request } from "./decision.ts";

export interface ClassifierVerdict {
  readonly verdict: "allow" | "deny" | "unsure";
  readonly risk: RiskClass;
  /** 1 to 300 characters on one line. */
  readonly reason: string;
}

/** Room for a reason, and for a model that thinks before it answers. */
const maxOutput = 4_096;
/** Of the person's messages, in UTF-8 bytes: no more than 8,000 tokens of three bytes each, as dense text takes. */
const mostIntent = 24_000;
/** Characters of a call's input as JSON. */
const mostInput = 16_000;
/** Characters that stay of a text in an edit that is too long: so many at each end. */
const keptEnds = 400;
const mostEffects = 32;
const mostPath = 300;

/**
 * `intent`: the person's messages, newest last. Null: the call is too long to be seen whole, so it can't be judged.
 */
export function classifierRequest(intent: readonly string[], request: Request, model: string): ModelRequest | null {
  const input = shownInput(request);
  if (input === null) return null;
  const { said, left } = lastOf(intent);
  const call = {
    tool: request.call.tool,
    effect: request.effect,
    input: input.value,
    ...(input.cut ? { shortened: true } : {}),
    analysis: analysisOf(request),
  };
  const text = [
    `<person>\n${fenced(said as Json)}\n</person>`,
    ...(left ? ["(Earlier messages, or the beginning of the first one, are left out.)"] : []),
    `<call>\n${fenced(call as unknown as Json)}\n</call>`,
  ].join("\n");
  return {
    model,
    tools: [],
    cacheTools: false,
    system: [{ text: classifierPrompt, cache: false }],
    messages: [{ role: "user", parts: [{ type: "text", text }] }],
    cacheAfter: [],
    maxOutput,
  };
}

const bytesOf = (text: string): number => Buffer.byteLength(text, "utf8");

/** As much of the end as fits; the first text that does not fit whole keeps its own end. */
function lastOf(intent: readonly string[]): { readonly said: readonly string[]; readonly left: boolean } {
  const said: string[] = [];
  let room = mostIntent;
  for (const text of intent.toReversed()) {
    const bytes = bytesOf(text);
    if (bytes > room) {
      const end = endOf(text, room);
      return { said: end === "" ? said : [`[…] ${end}`, ...said], left: true };
    }
    room -= bytes;
    said.unshift(text);
  }
  return { said, left: false };
}

function endOf(text: string, bytes: number): string {
  if (bytes < 64) return "";
  // every UTF-16 unit takes at most three bytes
  let end = text.slice(-bytes);
  while (bytesOf(end) > bytes) end = end.slice(Math.max(1, Math.floor((bytesOf(end) - bytes) / 3)));
  return end.toWellFormed();
}

/** L3 */
function shownInput({ call, effect }: Request): { readonly value: Json; readonly cut: boolean } | null {
  if (canonicalJson(call.input).length <= mostInput) return { value: call.input, cut: false };
  if (effect !== "write") return null;
  const value = shortened(call.input);
  return canonicalJson(value).length <= mostInput ? { value, cut: true } : null;
}

function shortened(value: Json): Json {
  if (typeof value === "string") {
    const left = value.length - 2 * keptEnds;
    return left <= 0 ? value : `${value.slice(0, keptEnds)} [… ${left} characters …] ${value.slice(-keptEnds)}`.toWellFormed();
  }
  if (Array.isArray(value)) return value.map((item) => shortened(item as Json));
  return isJsonObject(value) ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shortened(item)])) : value;
}

/** Our own findings as data: where it acts and what it does there. No words that come out of a file. */
function analysisOf({ facts }: Request): JsonObject {
  const { cwd, root, paths, domains, commands, effects = [], moreEffects = 0 } = facts;
  const more = moreEffects + Math.max(0, effects.length - mostEffects);
  return {
    folder: cwd.slice(0, mostPath),
    project: root.slice(0, mostPath),
    ...(paths.length === 0
      ? {}
      : { paths: paths.slice(0, mostEffects).map(({ real, inside }) => `${real.slice(0, mostPath)}${inside ? "" : " (outside the project)"}`) }),
    ...(domains.length === 0 ? {} : { hosts: domains.slice(0, mostEffects) }),
    ...(commands === null || commands.length === 0 ? {} : { programs: [...new Set(commands.flatMap(({ words }) => words.slice(0, 1)))].slice(0, mostEffects) }),
    ...(effects.length === 0 ? {} : { does: effects.slice(0, mostEffects).map(effectWords) }),
    ...(more === 0 ? {} : { alsoDoes: `${more} more things` }),
  };
}

function effectWords({ kind, path, what, deep, exists, says }: EffectFact): string {
  const where = path === undefined ? "something that can't be told" : `${path.slice(0, mostPath)}${deep === true ? " and all below it" : ""}`;
  switch (kind) {
    case "reads":
      return `reads ${what === "names" ? "names in " : ""}${where}`;
    case "writes":
      return `writes ${where}${exists === true ? ", which is there already" : ""}`;
    case "repository":
      return `uses the repository ${where}`;
    case "network":
      return `reaches ${says?.slice(0, mostPath) ?? "the network"}`;
    case "runs":
    case "unknown":
      return (says ?? "runs something").slice(0, mostPath);
  }
}

/** JSON that holds no "<" or ">" and nothing that can't be seen: the same value, escaped. */
function fenced(value: Json): string {
  return canonicalJson(value).replace(/[<>\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Co}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}

const text = String.raw`"((?:[^"\\]|\\.)*)"`;
const member = String.raw`\s*"(\w+)"\s*:\s*${text}\s*`;
/** Three members whose values are texts: a name that stands twice would not be seen in what JSON.parse gives. */
const answer = new RegExp(`^\\{${member},${member},${member}\\}$`, "s");

/** L4: null for everything else, such as prose around it, another key, a key twice, a verdict or risk that was not offered. */
export function parseVerdict(said: string): ClassifierVerdict | null {
  const match = said.length > 8_192 ? null : answer.exec(said.trim());
  if (match === null || new Set([match[1], match[3], match[5]]).size !== 3) return null;
  let value: unknown;
  try {
    value = JSON.parse(said);
  } catch {
    return null;
  }
  const { verdict, risk, reason, ...others } = value as Readonly<Record<string, unknown>>;
  if (Object.keys(others).length > 0 || typeof reason !== "string") return null;
  if (verdict !== "allow" && verdict !== "deny" && verdict !== "unsure") return null;
  const known = riskClasses.find((name) => name === risk);
  const words = reason.replace(/[\s\p{Cc}]+/gu, " ").trim();
  return known === undefined || words === "" || reason.length > 300 ? null : { verdict, risk: known, reason: words };
}

/** What a whole reply comes to. */
export function outcomeOf(message: AssistantMessage): Pick<ClassifierRecord, "outcome" | "says" | "risk"> {
  const none = (says: string) => ({ outcome: "no-verdict", says }) as const;
  if (message.finish === "refusal") return none("it refused to answer");
  if (message.finish === "length") return none("its answer was cut off");
  const said = textOf(message);
  if (said.trim() === "") return none("its answer was empty");
  const verdict = message.parts.some(({ type }) => type === "call" || type === "rejected-call") ? null : parseVerdict(said);
  if (verdict === null) return none("its answer was not of the form it was asked for");
  const { risk, reason } = verdict;
  return verdict.verdict === "unsure" ? { ...none(`it is not sure: ${reason}`), risk } : { outcome: verdict.verdict, says: reason, risk };
}
