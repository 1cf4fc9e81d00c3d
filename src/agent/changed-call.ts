// What the model is told of a call that a person changed: that they did, and what became of it.
import type { Json } from "../base/index.ts";
import type { ToolResult } from "../model/index.ts";

const most = 4000;

/** One line. */
export function changedLine(tool: string, input: Json): string {
  const text = JSON.stringify(input);
  const shown = text.length <= most ? text : `${text.slice(0, most).replace(/[\ud800-\udbff]$/, "")}… (${text.length - most} characters more)`;
  return `[The person changed this call; what is said above is of this one: ${tool} ${shown}]`;
}

/** The result with that line at its end. */
export const withLine = (result: ToolResult, line: string): ToolResult => ({ ...result, parts: [...result.parts, { type: "text", text: `\n${line}` }] });
