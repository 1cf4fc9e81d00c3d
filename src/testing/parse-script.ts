// From text to a Script: strict, so that a slip in a script is found before a request is.
import { type ParseError, parse, printParseErrorCode } from "jsonc-parser";
import { BosunError, type Json, type Outcome, parseJson } from "../base/index.ts";
import { placeholdersOf, type Script } from "./script.ts";
import { anyObject, byKey, type Check, choice, either, filledText, list, object, pattern, record, tagged, text, truth, whole } from "./shape.ts";

const milliseconds = whole(0, 86_400_000);
const tokens = whole(0);
const count = either({ string: choice("always"), other: whole(1) });
const times = { times: count };

const textMatch = either({ string: filledText, other: object({}, { contains: filledText, excludes: filledText, equals: text, matches: pattern }, true) });
const match = object(
  {},
  {
    userText: textMatch,
    system: textMatch,
    model: textMatch,
    toolResult: object({ tool: filledText }, { text: textMatch, failed: truth }),
    messages: either({ number: whole(1), other: object({}, { atLeast: whole(1), atMost: whole(1) }, true) }),
    tools: list(filledText),
    withoutTools: list(filledText),
    wire: choice("anthropic", "openai-chat", "openai-responses", "gemini"),
  },
  true,
);

const callWithInput = object({ call: filledText, input: anyObject }, { id: filledText });
const callWithRawInput = object({ call: filledText, rawInput: text }, { id: filledText });
const reply = byKey(
  new Map<string, Check>([
    ["text", object({ text: filledText })],
    ["thinking", object({ thinking: text }, { signature: filledText })],
    ["redactedThinking", object({ redactedThinking: filledText })],
    ["rawInput", callWithRawInput],
    ["call", callWithInput],
  ]),
);

const retryAfter = byKey(
  new Map([
    ["seconds", object({ seconds: whole(0) })],
    ["milliseconds", object({ milliseconds: whole(0) })],
    ["dateInSeconds", object({ dateInSeconds: whole(0) })],
  ]),
);
const kind = { kind: text };
const fault = tagged("kind", {
  "cut": object({ ...kind, at: choice("connection", "start", "text", "arguments") }, times),
  "status": object({ ...kind, status: whole(400, 599) }, { ...times, retryAfter, message: filledText }),
  "context-too-long": object(kind, times),
  "html": object(kind, times),
  "empty": object(kind, times),
  "no-finish": object(kind, times),
  "error-event": object(kind, { ...times, error: filledText, message: filledText }),
  "malformed-stream": object(kind, times),
  "stall": object({ ...kind, at: choice("start", "middle") }, { ...times, milliseconds }),
  "truncated-arguments": object(kind),
  "duplicate": object(kind),
  "unknown-events": object(kind),
  "slow-bytes": object({ ...kind, bytes: whole(1), milliseconds }),
});

const delay = object({}, { first: milliseconds, between: milliseconds }, true);
const turn = object(
  { reply: list(reply) },
  {
    title: filledText,
    match,
    repeat: count,
    delay,
    finish: choice("end", "tool-calls", "length", "refusal"),
    usage: object({}, { input: tokens, output: tokens, cacheRead: tokens, cacheWrite: tokens }, true),
    fault,
  },
);
const model = object({ id: filledText }, { contextWindow: whole(1), maxOutput: whole(1), minimumCached: whole(0) });
const variable = either({ string: text, other: object({ matches: pattern }) });

const script = object(
  { name: filledText, turns: list(turn) },
  {
    description: text,
    order: choice("sequence", "first-match"),
    models: list(model),
    variables: record(variable, /^[a-z][A-Za-z0-9]*$/),
    delay,
    afterwards: choice("error", "end", "repeat-last", "loop"),
  },
);

/** Checks a value that was parsed already. The error names every problem by its path. */
export function checkScript(value: Json, origin = "the script"): Outcome<Script> {
  const problems: string[] = [];
  script(value, "$", problems);
  if (problems.length === 0) checkMeaning(value as unknown as Script, problems);
  if (problems.length === 0) return { ok: true, value: value as unknown as Script };
  return { ok: false, error: new BosunError("script-malformed", `${origin} is no model script:\n${problems.map((one) => `  ${one}`).join("\n")}\n`) };
}

/** Parses the text of a script file. `origin` (its path) is named in errors. */
export function parseScript(source: string, origin = "the script"): Outcome<Script> {
  const plain = source.replace(/^\uFEFF/, "");
  const parsed = parseJson(plain);
  if (!parsed.ok) return { ok: false, error: new BosunError("script-malformed", `${origin}${placeOf(plain)}: ${parsed.why}.`) };
  return checkScript(parsed.value, origin);
}

// JSON.parse does not always say where it stopped.
function placeOf(source: string): string {
  const errors: ParseError[] = [];
  parse(source, errors, { disallowComments: true, allowTrailingComma: false });
  const first = errors[0];
  if (!first) return " is not JSON";
  const before = source.slice(0, first.offset).split("\n");
  return ` is not JSON at line ${before.length}, column ${(before.at(-1)?.length ?? 0) + 1} (${printParseErrorCode(first.error)})`;
}

// What a shape can't say.
function checkMeaning(value: Script, problems: string[]): void {
  const names = Object.keys(value.variables ?? {});
  for (const [name, one] of Object.entries(value.variables ?? {})) {
    if (typeof one !== "string" && !hasGroup(one.matches)) problems.push(`$.variables.${name}.matches: a group (…) around the wanted text is needed`);
  }
  value.turns.forEach((one, index) => {
    const path = `$.turns[${index}]`;
    const calls = one.reply.filter((part) => "call" in part).length;
    if (one.finish === "tool-calls" && calls === 0) problems.push(`${path}.finish: "tool-calls" without a call in the reply`);
    if (one.fault?.kind === "truncated-arguments" && calls === 0) problems.push(`${path}.fault: there is no call whose arguments could be cut`);
    if (one.fault?.kind === "cut" && one.fault.at === "arguments" && calls === 0) problems.push(`${path}.fault.at: "arguments" without a call in the reply`);
    if (one.fault?.kind === "cut" && one.fault.at === "text" && !one.reply.some((part) => "text" in part))
      problems.push(`${path}.fault.at: "text" without a text in the reply`);
    const unknown = placeholdersOf(JSON.stringify(one.reply)).filter((name) => !names.includes(name));
    for (const name of unknown)
      problems.push(`${path}.reply: {{${name}}} is no variable; add it to $.variables (a literal "{{" is a variable with that value)`);
  });
  if (value.turns.length === 0 && (value.afterwards === "repeat-last" || value.afterwards === "loop"))
    problems.push(`$.afterwards: "${value.afterwards}" needs at least one turn`);
}

const hasGroup = (source: string): boolean => (new RegExp(`${source}|`, "su").exec("")?.length ?? 1) > 1;
