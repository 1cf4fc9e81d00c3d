// The lines of a terminal below which one status line stands: drawn last, cleared before anything else is written.
//
// Invariants
//  V1  At most one status line, never wider than the terminal, only at the start of a line.
//  V2  Where stderr is no terminal, or a dumb one, nothing of it is ever written.
import type { Terminal } from "./terminal.ts";
import { clip, columnsOf } from "./text.ts";

export interface Screen {
  /** Writes below what stands there; the text is already safe. */
  write(text: string): void;
  /** Replaces the status line; null: none. Where both do not fit, it is the head that is shortened. */
  status(head: string | null, tail?: string): void;
  /** No status line until `resume`: somebody is asked. */
  pause(): void;
  resume(): void;
  paint(text: string, colour: Colour): string;
  readonly live: boolean;
}
export type Colour = "red" | "green" | "yellow" | "cyan" | "dim" | "bold";
const codes: Readonly<Record<Colour, string>> = { red: "31", green: "32", yellow: "33", cyan: "36", dim: "2", bold: "1" };

export function createScreen(terminal: Terminal): Screen {
  const live = terminal.stderr && terminal.environment["TERM"] !== "dumb";
  const colours = terminal.colours("stderr");
  let wanted: { readonly head: string; readonly tail: string } | null = null;
  let drawn = false;
  let atStart = true;
  let paused = false;
  const clear = (): void => {
    if (drawn) terminal.error("\r\x1b[K");
    drawn = false;
  };
  const draw = (): void => {
    if (!live || paused || wanted === null || !atStart) return clear();
    const text = fitted(wanted.head, wanted.tail, terminal.columns() - 1);
    terminal.error(`\r\x1b[K${colours ? `\x1b[2m${text}\x1b[22m` : text}`);
    drawn = true;
  };
  return {
    live,
    write(text) {
      if (text === "") return;
      clear();
      terminal.error(text);
      atStart = text.endsWith("\n");
      draw();
    },
    status(head, tail = "") {
      wanted = head === null ? null : { head, tail };
      draw();
    },
    pause() {
      paused = true;
      clear();
    },
    resume() {
      paused = false;
      atStart = true;
      draw();
    },
    paint: (text, colour) => (colours ? `\x1b[${codes[colour]}m${text}\x1b[0m` : text),
  };
}

/** Columns below which a head says nothing any more. */
const leastHead = 8;

function fitted(head: string, tail: string, columns: number): string {
  const left = columns - columnsOf(tail);
  return left < leastHead ? clip(head, columns) : clip(head, left) + tail;
}
