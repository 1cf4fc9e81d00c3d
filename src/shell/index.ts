// shell: text in, findings and effects out. Nothing here runs anything or looks at a disk.
import type { Analysis } from "./analyse.ts";
import type { Check } from "./checks/check.ts";
import type { Where } from "./context.ts";

export type { Analysis } from "./analyse.ts";
export type { Check } from "./checks/check.ts";
export type { Where } from "./context.ts";
export type { Effect, Finding, FindingKind, PathMention } from "./effect.ts";
export { show } from "./raw-text.ts";
export type { SimpleCommand, TextSpan } from "./reading.ts";
export type { Value } from "./value.ts";

/** Analyses a bash text. The parsers and tables are loaded with the first call. Never rejects for what a text may hold. */
export async function analyseShell(text: string, where: Where): Promise<Analysis> {
  const { readFirst } = await import("./analyse.ts");
  const { doubted, conclude } = readFirst(text, where);
  if (doubted.length === 0) return conclude(null);
  const { disagreement } = await import("./second-parser.ts");
  return conclude(disagreement(doubted));
}

/** With something of what commands consist of: code that has run before is several times as fast. */
const sample = 'for f in *.md; do head -n 3 "$f" | grep -c \'a\' > /dev/null && echo "$(basename "$f")" || true; done';

/**
 * Loads the parsers and tables, so that the first analysis doesn't wait for them: some 70 milliseconds of work, in two
 * parts with a turn of the event loop between. Call it where something else is waited for.
 */
export async function warmUp(): Promise<void> {
  const { readFirst } = await import("./analyse.ts");
  const { doubted } = readFirst(sample, { cwd: "/", home: "/" });
  await new Promise<void>((resolve) => setImmediate(resolve));
  const { disagreement } = await import("./second-parser.ts");
  disagreement(doubted);
}

/** Every check, in order of their numbers. */
export async function loadChecks(): Promise<readonly Check[]> {
  return (await import("./checks/index.ts")).checks;
}
