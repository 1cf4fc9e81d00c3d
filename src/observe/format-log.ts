// The system log for people: one line of it as one line of text.
import type { LogLine } from "./log-line.ts";

/** `11:02:03.120  main > explore  decision  allow edit src/a.ts: by rule edit(src/**) (project)`; times in UTC. */
export function formatLogLine(line: LogLine): string {
  const time = new Date(line.at).toISOString().slice(11, 23);
  return oneLine(`${time}  ${line.agents.join(" > ")}  ${line.type.padEnd(9)} ${words(line)}`.trimEnd());
}

/** Newlines and escape sequences in what tools and models say must not act on a terminal. */
const oneLine = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

function words(line: LogLine): string {
  switch (line.type) {
    case "run-start":
      return `${line.resumed ? "resumed, " : ""}${line.agent} on ${line.provider}/${line.model}, mode ${line.mode}, in ${line.cwd}`;
    case "notice":
      return `${line.level} ${line.code}: ${line.says}`;
    case "input":
      return `${line.characters} characters`;
    case "context":
      return `${line.tokens} tokens, ${line.segments.length} segments${list(", loaded ", line.loaded)}${list(", cache broken at ", line.breaks)}`;
    case "request":
      return `turn ${line.turn}, attempt ${line.attempt}, expected ${money(line.expected, line.priced)}, at most ${money(line.worst, line.priced)}`;
    case "answering":
      return `${line.model} after ${duration(line.milliseconds)}`;
    case "call-rejected":
      return `${line.tool}: ${line.why}`;
    case "reply":
      return `${line.finish}, ${line.calls} calls, ${usage(line.usage)}, ${money(line.cost, true)}, ${duration(line.milliseconds)}`;
    case "retry":
      return `attempt ${line.attempt}: ${line.class}${line.status === null ? "" : ` (${line.status})`}, again in ${duration(line.waitMilliseconds)}: ${line.says}`;
    case "asked":
      return `${line.tool} ${line.subject}: ${line.because}`;
    case "decision":
      return `${line.verdict} ${line.tool} ${line.subject}: by ${line.by}${line.why === "" ? "" : ` ${line.why}`}${line.milliseconds > 0 ? `, ${duration(line.milliseconds)}` : ""}`;
    case "tool":
      return `${line.to} ${line.tool} ${line.subject}${line.milliseconds === null ? "" : ` ${duration(line.milliseconds)}`}${line.verdict ? `, ${line.verdict}` : ""}${line.says ? `: ${line.says}` : ""}`;
    case "breaker":
      return `${line.name} opened after ${line.failures} failures: ${line.says}${line.saved === undefined ? "" : ` Saved so far: ${line.saved.calls} calls, ${money(line.saved, true)}.`}`;
    case "turn-end":
      return `turn ${line.turn}, projected ${money(line.projected, true)}, actual ${money(line.actual, true)}`;
    case "run-end":
      return `${line.reason}, ${line.turns} turns, ${usage(line.usage)}, ${money(line.cost, line.priced)}, ${duration(line.milliseconds)}${line.says === "" ? "" : `: ${line.says}`}`;
    case "dropped":
      return `${line.lines} lines were not written: the disk did not keep up`;
    default:
      return JSON.stringify(line satisfies never);
  }
}

const list = (lead: string, names: readonly string[]): string => (names.length === 0 ? "" : `${lead}${names.join(", ")}`);
const money = (cost: { readonly usd: number }, priced: boolean): string => (priced ? `$${cost.usd.toFixed(4)}` : "price unknown");
const duration = (milliseconds: number): string => (milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(1)} s`);
const usage = (counted: { readonly input: number; readonly output: number; readonly cacheRead: number; readonly cacheWrite: number }): string =>
  `${counted.input + counted.cacheRead + counted.cacheWrite} tokens in (${counted.cacheRead} cached), ${counted.output} out`;
