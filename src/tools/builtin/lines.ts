// A window of numbered lines out of a text, within limits of lines and bytes.

export const mostLines = 2000;
export const mostBytes = 50_000;
export const longestLine = 2000;

export interface Window {
  readonly text: string;
  /** Last line shown; first - 1 when none is. */
  readonly last: number;
  /** Why it ends where it does. */
  readonly ended: "end" | "limit" | "bytes";
  readonly cutLines: number;
}

/** Numbers `lines` from `first` on. `complete`: the text has no lines after these. */
export function numbered(lines: readonly string[], first: number, limit: number, complete: boolean): Window {
  const shown: string[] = [];
  let bytes = 0;
  let cutLines = 0;
  for (const line of lines) {
    if (shown.length === limit) return { text: shown.join("\n"), last: first + shown.length - 1, ended: "limit", cutLines };
    const cut = cutLine(line);
    if (cut !== line) cutLines += 1;
    const text = `${first + shown.length}\t${cut}`;
    bytes += Buffer.byteLength(text) + 1;
    if (bytes > mostBytes && shown.length > 0) return { text: shown.join("\n"), last: first + shown.length - 1, ended: "bytes", cutLines };
    shown.push(text);
  }
  return { text: shown.join("\n"), last: first + shown.length - 1, ended: complete ? "end" : "limit", cutLines };
}

function cutLine(line: string): string {
  if (line.length <= longestLine) return line;
  const end = /[\ud800-\udbff]/.test(line[longestLine - 1] ?? "") ? longestLine - 1 : longestLine;
  return `${line.slice(0, end)}… [${line.length - end} more characters]`;
}

/** Lines without their ends; what follows the last line feed is a line only if there is something. */
export function splitLines(text: string): string[] {
  if (text === "") return [];
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return text.includes("\r\n") ? lines.map((line) => (line.endsWith("\r") ? line.slice(0, -1) : line)) : lines;
}
