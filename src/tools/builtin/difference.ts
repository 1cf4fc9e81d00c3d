// The difference between two texts, for people (unified) and for models (numbered), never slow.

export interface Difference {
  /** A unified patch; cut at `longestPatch` characters. */
  readonly unified: string;
  /** Changed lines with the new text's line numbers (the old one's for removed lines) and two lines around. */
  readonly numbered: string;
  /** False when `numbered` leaves something out. */
  readonly complete: boolean;
  readonly added: number;
  readonly removed: number;
}
const longestPatch = 64_000;
const longestNumbered = 6000;
/** Two wholly different files of 20 000 lines take the library longer than anybody waits. */
const patience = 300;

interface Hunk {
  readonly oldStart: number;
  readonly newStart: number;
  readonly oldLines: number;
  readonly newLines: number;
  /** Each with " ", "-", "+" before it; "\\" says that a line feed is missing at the end. */
  readonly lines: readonly string[];
}

export async function difference(path: string, before: string, after: string): Promise<Difference> {
  const hunks = await hunksOf(before, after);
  const lines = hunks.flatMap((hunk) => hunk.lines);
  const added = lines.filter((line) => line.startsWith("+")).length;
  const removed = lines.filter((line) => line.startsWith("-")).length;
  const patch = hunks.map((hunk) => [`@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`, ...hunk.lines].join("\n")).join("\n");
  const unified = `--- ${path}\n+++ ${path}\n${patch}\n`;
  const shown = hunks.map(numberHunk).join("\n…\n");
  const complete = shown.length <= longestNumbered;
  return {
    unified: unified.length <= longestPatch ? unified : `${unified.slice(0, longestPatch)}\n[the rest of the difference is left out]\n`,
    numbered: complete
      ? shown
      : `${shown.slice(0, shown.lastIndexOf("\n", longestNumbered))}\n[the rest of the difference is left out: ${added} lines added, ${removed} removed in all]`,
    complete,
    added,
    removed,
  };
}

async function hunksOf(before: string, after: string): Promise<readonly Hunk[]> {
  if (before.length + after.length < 4_000_000) {
    const { structuredPatch } = await import("diff");
    const patch = structuredPatch("", "", before, after, "", "", { context: 2, timeout: patience });
    if (patch !== undefined) return patch.hunks;
  }
  return oneHunk(before, after);
}

/** All between the common beginning and the common end as one change: right, if not the shortest. */
function oneHunk(before: string, after: string): readonly Hunk[] {
  const old = before.split("\n");
  const now = after.split("\n");
  let start = 0;
  while (start < old.length && start < now.length && old[start] === now[start]) start += 1;
  let end = 0;
  while (end < old.length - start && end < now.length - start && old.at(-1 - end) === now.at(-1 - end)) end += 1;
  const removed = old.slice(start, old.length - end);
  const added = now.slice(start, now.length - end);
  if (removed.length + added.length === 0) return [];
  const lines = [...removed.map((line) => `-${line}`), ...added.map((line) => `+${line}`)];
  return [{ oldStart: start + 1, newStart: start + 1, oldLines: removed.length, newLines: added.length, lines }];
}

function numberHunk(hunk: Hunk): string {
  let old = hunk.oldStart;
  let now = hunk.newStart;
  const texts: string[] = [];
  for (const line of hunk.lines) {
    const text = line.slice(1).replace(/\r$/, "");
    const shown = text.length > 500 ? `${text.slice(0, 500)}… [${text.length - 500} more characters]` : text;
    if (line.startsWith("-")) texts.push(`-${old++}\t${shown}`);
    else if (line.startsWith("+")) texts.push(`+${now++}\t${shown}`);
    else if (line.startsWith(" ")) {
      texts.push(` ${now++}\t${shown}`);
      old += 1;
    } else texts.push(line);
  }
  return texts.join("\n");
}
