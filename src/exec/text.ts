// Bytes of a terminal program as text that can be read: escape sequences and control characters taken out.

/* biome-ignore-start lint/suspicious/noControlCharactersInRegex: control characters are what this file is about */
/** CSI; OSC and the other strings, whose length is bounded so that an open one cannot swallow what follows; two-character escapes. */
const escapes = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\n]{0,4096}(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]/g;
/** An escape sequence that began and is not complete. */
const openEscape = /\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\n]{0,4096}\x1b?|[ -/]*)$/;
const overstrike = /[^\n\x08]\x08/g;
/** C0 but tab and line feed, DEL, C1. */
const controls = /[\x00-\x08\x0b-\x1f\x7f-\x9f]/g;
/* biome-ignore-end lint/suspicious/noControlCharactersInRegex: end */

/** Text as a reader sees it. A carriage return starts a new line, since what it would overwrite may matter. */
export function cleanText(text: string): string {
  return text.replace(escapes, "").replace(/\r+\n/g, "\n").replace(/\r/g, "\n").replace(overstrike, "").replace(controls, "");
}

/** Bytes of UTF-8 as a reader sees them; invalid ones become U+FFFD. */
export const readable = (bytes: Uint8Array): string => cleanText(new TextDecoder().decode(bytes));

export interface TextStream {
  /** Readable text of what is complete so far. */
  push(bytes: Uint8Array): string;
  end(): string;
}

/** Decodes UTF-8 over the borders of pieces (invalid bytes become U+FFFD) and cleans it. Holds back at most one open escape sequence. */
export function createTextStream(): TextStream {
  const decoder = new TextDecoder();
  let held = "";
  const take = (text: string, last: boolean): string => {
    const all = held + text;
    const open = last ? null : (openEscape.exec(all.slice(-4200)) ?? /\r$/.exec(all));
    const cut = open === null ? all.length : all.length - open[0].length;
    held = all.slice(cut);
    return cleanText(all.slice(0, cut));
  };
  return { push: (bytes) => take(decoder.decode(bytes, { stream: true }), false), end: () => take(decoder.decode(), true) };
}
