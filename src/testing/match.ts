// Whether a request is the one that a turn waits for; when not, what was expected and what came.
import type { Match, TextMatch } from "./script.ts";
import type { RequestView, WireName } from "./wire/wire.ts";

/** undefined when everything fits, else a sentence about the first condition that doesn't. */
export function mismatchOf(match: Match | undefined, view: RequestView, wire: WireName): string | undefined {
  if (!match) return undefined;
  if (match.wire !== undefined && match.wire !== wire) return `expected the wire "${match.wire}", came "${wire}"`;
  return (
    textMismatch("the model", match.model, view.model) ??
    textMismatch("the user's last text", match.userText, view.userText) ??
    textMismatch("the system text", match.system, view.systemText) ??
    resultMismatch(match, view) ??
    countMismatch(match, view) ??
    toolMismatch(match, view)
  );
}

function textMismatch(what: string, expected: TextMatch | undefined, came: string): string | undefined {
  if (expected === undefined) return undefined;
  const { contains, excludes, equals, matches } = typeof expected === "string" ? { contains: expected } : (expected as Exclude<TextMatch, string>);
  const shown = `came ${shorten(came)}`;
  if (equals !== undefined && came !== equals) return `expected ${what} to equal ${JSON.stringify(equals)}, ${shown}`;
  if (contains !== undefined && !came.includes(contains)) return `expected ${what} to contain ${JSON.stringify(contains)}, ${shown}`;
  if (excludes !== undefined && came.includes(excludes)) return `expected ${what} not to contain ${JSON.stringify(excludes)}, ${shown}`;
  if (matches !== undefined && !new RegExp(matches, "su").test(came)) return `expected ${what} to match /${matches}/, ${shown}`;
  return undefined;
}

function resultMismatch(match: Match, view: RequestView): string | undefined {
  const expected = match.toolResult;
  if (!expected) return undefined;
  const result = view.results.findLast((one) => one.tool === expected.tool);
  if (!result) {
    const others = [...new Set(view.results.map((one) => one.tool))];
    return `expected a result of the tool "${expected.tool}", came ${others.length === 0 ? "no results" : `results of ${others.join(", ")}`}`;
  }
  if (expected.failed !== undefined && result.failed !== undefined && result.failed !== expected.failed)
    return `expected the last result of "${expected.tool}" ${expected.failed ? "to be an error" : "not to be an error"}, came ${shorten(result.text)}`;
  return textMismatch(`the last result of "${expected.tool}"`, expected.text, result.text);
}

function countMismatch(match: Match, view: RequestView): string | undefined {
  if (match.messages === undefined) return undefined;
  const { atLeast, atMost } = typeof match.messages === "number" ? { atLeast: match.messages, atMost: match.messages } : match.messages;
  const fits = view.messages >= (atLeast ?? 0) && view.messages <= (atMost ?? Number.POSITIVE_INFINITY);
  return fits ? undefined : `expected ${atLeast === atMost ? atLeast : `${atLeast ?? 0} to ${atMost ?? "any number of"}`} messages, came ${view.messages}`;
}

function toolMismatch(match: Match, view: RequestView): string | undefined {
  const offered = view.tools.length === 0 ? "none" : view.tools.join(", ");
  const missing = match.tools?.find((tool) => !view.tools.includes(tool));
  if (missing !== undefined) return `expected the tool "${missing}" to be offered, came ${offered}`;
  const unwanted = match.withoutTools?.find((tool) => view.tools.includes(tool));
  return unwanted === undefined ? undefined : `expected the tool "${unwanted}" not to be offered, came ${offered}`;
}

const shorten = (text: string): string => JSON.stringify(text.length > 300 ? `${text.slice(0, 200)} … ${text.slice(-80)}` : text);
