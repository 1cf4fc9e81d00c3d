// Exact replacements in a text. Pure.
//
// Invariants
//  E1  All edits or none: the text is changed in order, each on the result of the one before.
//  E2  Outside the replaced places every character stays, line ends included.
//  E3  Where a text has CRLF, an LF in `old` fits a CRLF too, and what is put in gets the line ends of the place.

export interface Edit {
  readonly old: string;
  readonly new: string;
  readonly all?: boolean;
}
export type Applied =
  | { readonly ok: true; readonly text: string; readonly replaced: number }
  /** `index` of the edit, `text` as it was when that one was tried; `places`: offsets in it without the CRs, for "several". */
  | { readonly ok: false; readonly index: number; readonly why: "absent" | "several" | "same"; readonly text: string; readonly places: readonly number[] };

export function applyEdits(original: string, edits: readonly Edit[]): Applied {
  let text = original;
  let replaced = 0;
  for (const [index, edit] of edits.entries()) {
    if (edit.old === edit.new) return { ok: false, index, why: "same", text, places: [] };
    const ends = lineEnds(text);
    const old = ends === null ? edit.old : withoutReturns(edit.old);
    const flat = ends === null ? text : ends.flat;
    const places = placesOf(flat, old, edit.all === true);
    if (places.length === 0) return { ok: false, index, why: "absent", text, places };
    if (places.length > 1 && edit.all !== true) return { ok: false, index, why: "several", text, places };
    text = put(text, ends, places, old.length, edit.new);
    replaced += places.length;
  }
  return { ok: true, text, replaced };
}

export const withoutReturns = (text: string): string => text.replaceAll("\r\n", "\n");

interface LineEnds {
  readonly flat: string;
  /** Offsets in `flat` of the line feeds that had a CR before them, rising. */
  readonly returns: readonly number[];
  /** Most of the text's lines end with CRLF. */
  readonly mostly: boolean;
}

function lineEnds(text: string): LineEnds | null {
  const returns: number[] = [];
  for (let at = text.indexOf("\r\n"); at !== -1; at = text.indexOf("\r\n", at + 2)) returns.push(at - returns.length);
  if (returns.length === 0) return null;
  const flat = withoutReturns(text);
  let feeds = 0;
  for (let at = flat.indexOf("\n"); at !== -1; at = flat.indexOf("\n", at + 1)) feeds += 1;
  return { flat, returns, mostly: returns.length * 2 >= feeds };
}

/** Where `old` stands; overlapping places count as several, but are not both replaced. */
function placesOf(text: string, old: string, all: boolean): readonly number[] {
  const places: number[] = [];
  for (let at = text.indexOf(old); at !== -1; at = text.indexOf(old, at + (all ? old.length : 1))) {
    places.push(at);
    if (!all && places.length === 20) break;
  }
  return places;
}

function put(text: string, ends: LineEnds | null, places: readonly number[], length: number, insert: string): string {
  const pieces: string[] = [];
  let from = 0;
  for (const place of places) {
    const start = place + returnsBefore(ends, place);
    const end = place + length + returnsBefore(ends, place + length);
    pieces.push(text.slice(from, start), withEndsOf(insert, text.slice(start, end), ends));
    from = end;
  }
  pieces.push(text.slice(from));
  return pieces.join("");
}

/** How many CRs stand before an offset of the flat text; the one of a line feed at that very offset is not counted. */
function returnsBefore(ends: LineEnds | null, offset: number): number {
  if (ends === null) return 0;
  let low = 0;
  let high = ends.returns.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ends.returns[middle] ?? 0) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function withEndsOf(insert: string, replaced: string, ends: LineEnds | null): string {
  if (ends === null) return insert;
  const feed = replaced.indexOf("\n");
  const returns = feed === -1 ? ends.mostly : replaced[feed - 1] === "\r";
  const flat = withoutReturns(insert);
  return returns ? flat.replaceAll("\n", "\r\n") : flat;
}
