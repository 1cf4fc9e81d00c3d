// shell: text in, findings out. Nothing here runs anything or looks at a disk.
import type { ShellReading } from "./reading.ts";

export type { ShellReading, SimpleCommand, TextSpan } from "./reading.ts";

/** Reads a bash text. The parser is loaded with the first call. Never rejects for what a text may hold. */
export async function readShell(text: string): Promise<ShellReading> {
  const { parseShell } = await import("./parse.ts");
  return parseShell(text);
}
