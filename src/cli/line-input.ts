// Lines that a person types. The line editor stays open while a run works, but writes only while somebody is asked.
//
// Invariants
//  I1  What is asked is answered, or null comes: the terminal vanished, or the signal aborted. Nothing hangs.
//  I2  What was typed before a question was put is kept and comes back after it; it never answers the question.
import type { Interface } from "node:readline";
import type { Readable, Writable } from "node:stream";

export interface LineInput {
  /** Shows `prompt`; the next line, or null. Questions are put one after the other. */
  ask(prompt: string, signal?: AbortSignal): Promise<string | null>;
  /** As `ask`, but what was typed before counts: it stands in the line, and can be gone on with. */
  prompt(prompt: string): Promise<string | null>;
  /** Typed and not entered. */
  typed(): string;
  /** Leaves the terminal to somebody else while `work` goes on. */
  aside<Value>(work: () => Promise<Value>): Promise<Value>;
  readonly closed: boolean;
  close(): void;
}
export interface LineInputOptions {
  readonly input: Readable;
  readonly write: (text: string) => void;
  readonly columns: () => number;
  /** A line nobody asked for. */
  readonly onLine?: (line: string) => void;
  readonly onInterrupt: () => void;
  readonly history?: boolean;
}

/** Lines that come this close together were pasted: they are one text. In milliseconds. */
const pasted = 15;

export function createLineInput(options: LineInputOptions): LineInput {
  const { createInterface } = process.getBuiltinModule("node:readline");
  let shown = false;
  const output = createOutput(options, () => shown);
  const editor = createInterface({ input: options.input, output, terminal: true, historySize: options.history ? 200 : 0 });
  let closed = false;
  let answer: ((line: string | null) => void) | null = null;
  let lines: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  const deliver = (): void => {
    clearTimeout(timer);
    if (lines.length === 0) return;
    const text = lines.join("\n");
    lines = [];
    if (answer) answer(text);
    else options.onLine?.(text);
  };
  editor.on("line", (line: string) => {
    lines.push(line);
    clearTimeout(timer);
    timer = setTimeout(deliver, pasted);
  });
  editor.on("SIGINT", options.onInterrupt);
  // A terminal that is gone says so as an error of its input, and once more when it is closed.
  let closing = false;
  const close = (): void => {
    if (closing) return;
    closing = true;
    editor.close();
  };
  options.input.on("error", close);
  editor.on("error", close);
  editor.on("close", () => {
    closed = true;
    deliver();
    answer?.(null);
  });
  const erase = (): void => {
    editor.write(null, { ctrl: true, name: "e" });
    editor.write(null, { ctrl: true, name: "u" });
  };
  const put = (prompt: string, signal: AbortSignal | undefined, keeps: boolean): Promise<string | null> => {
    if (closed || signal?.aborted) return Promise.resolve(null);
    if (!keeps) deliver();
    const before = keeps ? "" : editor.line;
    if (!keeps) erase();
    shown = true;
    editor.setPrompt(prompt);
    editor.prompt(keeps);
    return new Promise((resolve) => {
      const finish = (line: string | null): void => {
        signal?.removeEventListener("abort", onAbort);
        answer = null;
        shown = false;
        if (!closed) editor.write(before);
        resolve(line);
      };
      const onAbort = (): void => finish(null);
      signal?.addEventListener("abort", onAbort, { once: true });
      answer = finish;
    });
  };
  let queue: Promise<unknown> = Promise.resolve();
  const inTurn = (work: () => Promise<string | null>): Promise<string | null> => {
    const mine = queue.then(work);
    queue = mine;
    return mine;
  };
  return {
    ask: (prompt, signal) => inTurn(() => put(prompt, signal, false)),
    prompt: (prompt) => inTurn(() => put(prompt, undefined, true)),
    typed: () => editor.line,
    aside: (work) => (closed ? work() : aside(editor, options.input as Partial<NodeJS.ReadStream>, () => closed, work)),
    get closed() {
      return closed;
    },
    close,
  };
}

/** The terminal is given away as it was before the line editor took it. */
async function aside<Value>(editor: Interface, input: Partial<NodeJS.ReadStream>, isClosed: () => boolean, work: () => Promise<Value>): Promise<Value> {
  editor.pause();
  input.setRawMode?.(false);
  try {
    return await work();
  } finally {
    if (!isClosed()) {
      input.setRawMode?.(true);
      editor.resume();
    }
  }
}

/** What the editor draws; dropped while nobody is asked. */
function createOutput({ write, columns }: LineInputOptions, isShown: () => boolean): Writable {
  const { Writable } = process.getBuiltinModule("node:stream");
  const output = new Writable({
    write(chunk, _encoding, done) {
      if (isShown()) write(String(chunk));
      done();
    },
  });
  Object.defineProperty(output, "columns", { get: columns });
  return output;
}
