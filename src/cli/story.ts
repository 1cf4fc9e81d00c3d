// A run told on stdout as it happens: what was said, what was called, who allowed it, what came of it.
import { isJsonObject, type Json } from "../base/index.ts";
import type { RunEvent } from "../index.ts";
import { reasonInWords } from "../permissions/index.ts";
import type { Terminal } from "./terminal.ts";
import { clip, duration, oneLine, plain } from "./text.ts";

export interface Story {
  tell(event: RunEvent): Promise<void>;
}

type StepEvent = Extract<RunEvent, { readonly type: "step" }>;

export function createStory(terminal: Terminal): Story {
  const began = new Map<string, number>();
  const why = new Map<string, string>();
  const step = (event: StepEvent): string | null => {
    if (event.to === "executing") began.set(event.step, event.at);
    if (event.to !== "done" && event.to !== "failed" && event.to !== "denied" && event.to !== "cancelled") return null;
    const good = event.to === "done";
    const from = began.get(event.step);
    const time = from === undefined ? "" : duration(event.at - from);
    const title = `${good ? "✓" : "✗"} ${event.tool} ${clip(oneLine(event.subject === event.tool ? "" : event.subject), 68)}`.trimEnd();
    const notes = [outcome(event), time, why.get(event.step)].filter((note) => note !== undefined && note !== "").join(" · ");
    return `  ${title}  ${notes}\n${details(event.detail)}`;
  };
  return {
    async tell(event) {
      if (event.type === "decision")
        why.set(event.step, `${event.decision.verdict === "allow" ? "allowed" : "denied"}: ${reasonInWords(event.decision.reason)}`);
      const text = event.type === "reply" && event.text !== "" ? `\n${indent(event.text)}\n` : event.type === "step" ? step(event) : notice(event);
      if (text !== null) await terminal.out(text);
    },
  };
}

const indent = (text: string): string =>
  plain(text)
    .split("\n")
    .map((line, at) => (at === 0 ? `● ${line}` : `  ${line}`))
    .join("\n");

const notice = (event: RunEvent): string | null => (event.type === "notice" && event.level === "warning" ? `  ! ${oneLine(event.says)}\n` : null);

function outcome(event: StepEvent): string {
  const detail: Json | undefined = event.detail;
  if (event.says !== undefined) return oneLine(event.says);
  if (!isJsonObject(detail)) return "";
  const { exitCode, lines, matches, files, added, removed } = detail;
  if (typeof exitCode === "number") return `exit ${exitCode}`;
  if (typeof added === "number" && typeof removed === "number") return `+${added} -${removed}`;
  if (typeof lines === "number") return `${lines} lines`;
  if (typeof matches === "number") return `${matches} matches`;
  return typeof files === "number" ? `${files} files` : "";
}

/** The lines of a diff, without its file names. */
function details(detail: Json | undefined): string {
  if (!isJsonObject(detail) || typeof detail["diff"] !== "string") return "";
  const lines = detail["diff"].split("\n").filter((line) => !line.startsWith("---") && !line.startsWith("+++") && line !== "");
  return lines.map((line) => `      ${plain(line)}\n`).join("");
}
