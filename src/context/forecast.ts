// What a request should find in the provider's cache, why not, and what became of it. Pure.
//
// Invariants
//  C1  The first segment that differs is the break; what lies behind it had to be written again because of it.
//  C2  Nothing counts as lost to a break that time had taken anyway.
//  C3  A miss is the provider's only where the bytes, the parameters and the clock speak for a hit.
import { costOf, type PriceOf } from "../budget/index.ts";
import { noUsage, type ToolSpec, type Usage } from "../model/index.ts";
import type { CacheBreak, CacheForecast, CacheOutcome, Prefix, SessionState } from "../session/index.ts";
import type { Assembled } from "./assemble.ts";
import { vectorNamed } from "./break-vectors.ts";
import { renderTool } from "./segments.ts";

export interface ForecastFacts {
  /** Seconds since the last reply; infinite: there was none. */
  readonly age: number;
  /** Seconds that an entry lives, and the tokens of the shortest prompt that is kept. */
  readonly life: number;
  readonly least: number;
  readonly price: PriceOf;
  /** `provider/name` that is asked. */
  readonly model: string;
  readonly effort?: string;
  /** Where a tool comes from, in words; null: it is built in, or not known. */
  readonly sourceOf: (tool: string) => string | null;
}

export function forecast(state: SessionState, context: Pick<Assembled, "breaks" | "cachedTokens">, facts: ForecastFacts): CacheForecast {
  if (state.lastSegments.length === 0) return { state: "first", known: 0, warm: 0 };
  const known = knownTokens(state);
  const [segment, ...also] = state.compacted === null ? context.breaks : context.breaks.filter((name) => name !== "images");
  const small = known < facts.least;
  const gone = small || facts.age >= facts.life;
  const left = segment === undefined ? known : context.cachedTokens;
  const warm = gone || left < facts.least ? 0 : Math.min(known, left);
  if (segment === undefined) return { state: small ? "small" : gone ? "expired" : "warm", known, warm };
  const tokens = gone ? 0 : known - warm;
  const cause = causeOf(segment, state, facts);
  const broken: CacheBreak = { segment, ...cause, tokens, usd: priceOfMiss(tokens, facts.price), ...(also.length === 0 ? {} : { also }) };
  return { state: small ? "small" : gone ? "expired" : "broken", known, warm, broken };
}

/** Of the last answered request: by the provider's count, else by the bytes it had. */
function knownTokens({ lastReply, lastSegments }: SessionState): number {
  if (lastReply?.usageFinal) return lastReply.usage.input + lastReply.usage.cacheRead + lastReply.usage.cacheWrite;
  return Math.round(lastSegments.reduce((sum, { bytes }) => sum + bytes, 0) / bytesPerToken);
}
const bytesPerToken = 4;

/** Written instead of read. Null: the price is not known. */
function priceOfMiss(tokens: number, price: PriceOf): number | null {
  const written = costOf({ ...noUsage, cacheWrite: tokens }, price);
  const read = costOf({ ...noUsage, cacheRead: tokens }, price);
  return written === null || read === null ? null : Math.max(0, written - read);
}

/** The provider counts in steps, of 128 tokens at the most. */
const slack = (tokens: number): number => Math.max(256, tokens * 0.02);

/** `before`: the session's usage before this reply. */
export function outcomeOf({ state, known, warm }: CacheForecast, usage: Usage, usageFinal: boolean, before: Usage, price: PriceOf): CacheOutcome {
  if (state === "first" || state === "small") return { verdict: state, missed: 0, usd: 0 };
  const reported = usage.cacheRead + usage.cacheWrite + before.cacheRead + before.cacheWrite > 0;
  if (!usageFinal || !reported) return { verdict: "unreported", missed: 0, usd: 0 };
  const missed = known - usage.cacheRead;
  if (missed <= slack(known)) return { verdict: "kept", missed: 0, usd: 0 };
  const lost = { missed, usd: priceOfMiss(missed, price) };
  if (state === "expired") return { verdict: "expired", ...lost };
  // what we broke accounts for what is missing, but for what the estimate may be wrong by
  const ours = state === "broken" && usage.cacheRead >= warm * mostOff - slack(warm);
  return { verdict: ours ? "changed" : "evicted", ...lost };
}
/** Where a break leaves a part warm, its size is estimated. */
const mostOff = 0.7;

type Cause = Pick<CacheBreak, "vector" | "cause">;

function causeOf(segment: string, state: SessionState, facts: ForecastFacts): Cause {
  const by = (title: Parameters<typeof vectorNamed>[0], cause: string): Cause => ({ vector: vectorNamed(title).number, cause });
  const level = facts.effort === undefined ? "is no longer set" : `is now ${facts.effort}`;
  const file = "the head was rendered again";
  switch (segment) {
    case "model":
      return by("another model", modelCause(state, facts.model));
    case "effort":
      return by("effort (OpenAI)", `the effort ${level}`);
    case "thinking":
      return by("thinking on, off, or with another budget (Anthropic)", `thinking: the effort ${level}`);
    case "images":
      return by("the first image (Anthropic)", "the conversation has its first image");
    case "tools":
      return toolCause(state, facts);
    case "project":
      return by("AGENTS.md is edited", projectCause(state));
    case "skills":
      return by("the list of skills changes", `${file}, and the list of skills differs`);
    case "environment":
      return by("working folder, git branch, file list", `${file}: ${differingLines(state.formerPrefix?.environment, state.prefix?.environment)}`);
    case "history":
      return state.compacted === null
        ? by("a message rendered again", "older messages are not what was sent: a part of the journal is lost, or was mended")
        : by("compaction", `the conversation was compacted (${state.compacted})`);
    default:
      return by("another head after an upgrade or with other settings", `${file}, and its part "${segment}" differs`);
  }
}

function modelCause({ lastModel, messages }: SessionState, model: string): string {
  const spoke = messages.findLast((message) => message.role === "assistant");
  const before = spoke?.role === "assistant" ? `${spoke.provider}/${spoke.model}` : lastModel === null ? null : `${lastModel.provider}/${lastModel.model}`;
  return before === null || before === model ? `the model is now ${model}` : `the model was ${before} and is now ${model}`;
}

function toolCause(state: SessionState, { sourceOf }: ForecastFacts): Cause {
  const [was, is] = [state.formerPrefix?.tools ?? [], state.prefix?.tools ?? []];
  const named = ({ name }: ToolSpec): string => `${name}${sourceOf(name) === null ? "" : ` (${sourceOf(name)})`}`;
  const before = new Map(was.map((tool) => [tool.name, renderTool(tool)]));
  const now = new Set(is.map(({ name }) => name));
  const parts = [
    ["came", is.filter(({ name }) => !before.has(name))],
    ["went", was.filter(({ name }) => !now.has(name))],
    ["changed", is.filter((tool) => before.has(tool.name) && before.get(tool.name) !== renderTool(tool))],
  ] as const;
  const differ = parts.filter(([, tools]) => tools.length > 0).map(([what, tools]) => `${listed(tools.map(named))} ${what}`);
  const reloaded = vectorNamed("tools loaded anew because the person asked for it").number;
  if (state.formerPrefix === null) return { vector: vectorNamed("a plugin's server comes, goes or changes its tools").number, cause: "the tools differ" };
  if (differ.length === 0) return { vector: vectorNamed("order of tools").number, cause: "the tools stand in another order" };
  return { vector: reloaded, cause: `the tools were loaded anew: ${differ.join("; ")}` };
}

const mostNamed = 6;
const listed = (names: readonly string[]): string =>
  names.length <= mostNamed ? names.join(", ") : `${names.slice(0, mostNamed).join(", ")} and ${names.length - mostNamed} more`;

function projectCause({ formerPrefix, prefix }: SessionState): string {
  const [was, is] = [filesOf(formerPrefix), filesOf(prefix)];
  const names = [...new Set([...was.keys(), ...is.keys()])].filter((name) => was.get(name) !== is.get(name));
  return `the head was rendered again, and project instructions differ${names.length === 0 ? "" : `: ${listed(names)}`}`;
}

/** Instruction files of a head by their labels. */
function filesOf(prefix: Prefix | null): ReadonlyMap<string, string> {
  const text = prefix?.system.find(({ name }) => name === "project")?.text ?? "";
  return new Map(
    text
      .split(/^## /m)
      .slice(1)
      .map((part) => [part.split("\n", 1)[0] ?? "", part]),
  );
}

function differingLines(was = "", is = ""): string {
  const before = new Set(was.split("\n"));
  const lines = is.split("\n").filter((line) => !before.has(line));
  return lines.length === 0 ? "where and when it is" : listed(lines);
}
