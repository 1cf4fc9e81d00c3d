// A place of a command, shown: its line, and marks below it. What can't be seen is written out.
import type { EffectFact } from "../permissions/index.ts";
import { columnsOf, visible } from "./text.ts";

/** Two lines: the line of the command that the place begins in, cut around it where it is long, and the marks. */
export function underlined(command: string, { start, end }: { readonly start: number; readonly end: number }): readonly string[] {
  const from = start === 0 ? 0 : command.lastIndexOf("\n", start - 1) + 1;
  const next = command.indexOf("\n", start);
  const to = next < 0 ? command.length : next;
  const shown = (first: number, last: number): string => visible(command.slice(first, last)).replaceAll("\t", " ");
  const first = Math.max(from, start - most);
  const last = Math.min(to, Math.max(start, Math.min(end, to)) + most);
  const before = `${first > from ? "…" : ""}${shown(first, start)}`;
  const about = shown(start, Math.min(end, last));
  const after = `${shown(Math.min(end, last), last)}${last < to ? "…" : ""}`;
  return [`  ${before}${about}${after}`, `  ${" ".repeat(columnsOf(before))}${"^".repeat(Math.max(1, columnsOf(about)))}`];
}

/** Characters before and after. */
const most = 60;

const deeds: Readonly<Record<EffectFact["kind"], string>> = {
  reads: "reads",
  writes: "writes",
  runs: "runs",
  network: "reaches the network",
  repository: "asks git in",
  unknown: "does something that is not known:",
};

export function effectInWords({ kind, what, deep, path, says, exists, outside }: EffectFact): string {
  const verb = what === "names" ? "looks at" : deeds[kind];
  const about = path ?? says ?? (kind === "writes" ? "somewhere" : "");
  const more = `${deep ? " and all below" : ""}${exists ? ", which is there already" : ""}${outside ? ", outside the project" : ""}`;
  return `${verb} ${about}${more}`.trim();
}
