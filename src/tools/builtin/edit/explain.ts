// Why an edit could not be applied, with what is needed to write it right.
import { type Applied, type Edit, withoutReturns } from "./apply.ts";
import { findClosest } from "./closest.ts";

type Refused = Applied & { readonly ok: false };

export function explainRefusal(path: string, refused: Refused, edits: readonly Edit[], original: string): string {
  const edit = edits[refused.index];
  const which = edits.length === 1 ? "The edit" : `Edit ${refused.index + 1} of ${edits.length}`;
  const nothing = `Nothing was changed in ${path}.`;
  if (edit === undefined) return nothing;
  switch (refused.why) {
    case "same":
      return `${which}: old and new are the same text. ${nothing}`;
    case "several": {
      const lines = refused.places.map((place) => lineAt(withoutReturns(refused.text), place));
      const more = lines.length >= 20 ? " and more" : "";
      return `${which}: old occurs ${lines.length >= 20 ? "at least 20" : lines.length} times, at lines ${[...new Set(lines)].join(", ")}${more}. ${nothing} Add the lines around the one you mean, or set all.`;
    }
    case "absent": {
      const before = refused.index > 0 && withoutReturns(original).includes(withoutReturns(edit.old));
      if (before) return `${which}: old was there, but an edit before it in this call changed it. ${nothing} Each edit works on the result of those before it.`;
      return `${which}: old was not found. ${nothing} ${suggest(refused.text, edit.old)}`;
    }
  }
}

const lineAt = (text: string, offset: number): number => {
  let line = 1;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) line += 1;
  return line;
};

function suggest(text: string, old: string): string {
  if (!text.includes("\r") && old.includes("\r\n")) return "The file has LF line ends, old has CRLF: write old with LF.";
  const flat = withoutReturns(text);
  const wanted = withoutReturns(old);
  const unnumbered = wanted.replace(/^\s*\d+\t/gm, "");
  if (unnumbered !== wanted && unnumbered !== "" && flat.includes(unnumbered))
    return "Without the line numbers at the start of its lines it would be found: leave them out.";
  const closest = findClosest(flat, wanted);
  if (closest === null) return "Nothing in the file is like it: read the file again, or look for the place with grep.";
  const lines = flat.split("\n");
  const shown = lines.slice(closest.from - 1, Math.min(closest.to, closest.from + 29)).map((line, index) => `${closest.from + index}\t${line.slice(0, 500)}`);
  const where = closest.from === closest.to ? `line ${closest.from}` : `lines ${closest.from} to ${closest.to}`;
  const note = closest.how === "blanks" ? blanksNote(lines, closest.from, wanted) : "";
  const says =
    closest.how === "blanks" ? `It differs from ${where} in blanks only${note}. The file has there:` : `Most like it is ${where}. The file has there:`;
  return `${says}\n${shown.join("\n")}`;
}

function blanksNote(lines: readonly string[], from: number, wanted: string): string {
  const old = wanted.split("\n");
  const skipped = old.findIndex((line) => line.trim() !== "");
  for (let index = Math.max(0, skipped); index < old.length; index++) {
    const mine = old[index] ?? "";
    const theirs = lines[from - 1 + index - Math.max(0, skipped)] ?? "";
    const partial = old.length === 1 ? theirs.includes(mine) : index === 0 ? theirs.endsWith(mine) : index === old.length - 1 && theirs.startsWith(mine);
    if (mine === theirs || partial) continue;
    const [myIndent, theirIndent] = [indentOf(mine), indentOf(theirs)];
    if (myIndent !== theirIndent) return ` (line ${from + index - skipped} is indented by ${named(theirIndent)}, old by ${named(myIndent)})`;
    if (mine.trimEnd() === theirs.trimEnd())
      return ` (line ${from + index - skipped} has ${theirs.length > mine.length ? "blanks at its end that old has not" : "no blanks at its end, old has"})`;
    return "";
  }
  return "";
}

const indentOf = (line: string): string => /^\s*/.exec(line)?.[0] ?? "";
function named(blanks: string): string {
  const tabs = blanks.split("\t").length - 1;
  const spaces = blanks.length - tabs;
  const texts = [...(tabs > 0 ? [`${tabs} tab${tabs === 1 ? "" : "s"}`] : []), ...(spaces > 0 ? [`${spaces} space${spaces === 1 ? "" : "s"}`] : [])];
  return texts.length === 0 ? "nothing" : texts.join(" and ");
}
