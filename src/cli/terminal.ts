// Standard input, output and error of the process. Nothing of it is opened before it is used: opening costs start-up time.
//
// Invariants
//  O1  A reader that is gone is no error: writing becomes silent, and whoever listens to `gone` may stop.
//  O2  `out` resolves when the reader took it, so that a slow reader slows the writer, not the memory.
import { plain, visibleJson } from "./text.ts";

export interface Terminal {
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Which of the three are a terminal. */
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
  /** True when colours may be used on `stream`. */
  colours(stream: "stdout" | "stderr"): boolean;
  columns(): number;
  /** Text for stdout; on a terminal it is made safe. */
  out(text: string): Promise<void>;
  /** One line of JSON for stdout. */
  outJson(value: unknown): Promise<void>;
  /** For stderr, as it is: whoever calls makes it safe. */
  error(text: string): void;
  /** Aborts when nobody reads stdout any more. */
  readonly gone: AbortSignal;
  flush(): Promise<void>;
}

export function createTerminal(): Terminal {
  const environment = process.env;
  const [stdin, stdout, stderr] = [isTerminal(0), isTerminal(1), isTerminal(2)] as const;
  const gone = new AbortController();
  const used = new Set<"stdout" | "stderr">();
  const stream = (name: "stdout" | "stderr"): NodeJS.WriteStream => {
    if (!used.has(name)) {
      used.add(name);
      process[name].on("error", () => (name === "stdout" ? gone.abort() : undefined));
    }
    return process[name];
  };
  const write = (text: string): Promise<void> => {
    if (gone.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      if (stream("stdout").write(text, () => resolve())) resolve();
    });
  };
  const flat = Boolean(environment["NO_COLOR"]) || environment["TERM"] === "dumb";
  return {
    environment,
    stdin,
    stdout,
    stderr,
    colours: (name) => !flat && (name === "stdout" ? stdout : stderr),
    columns: () => (stderr ? stream("stderr").columns : stdout ? stream("stdout").columns : 0) || 80,
    out: (text) => write(stdout ? plain(text) : text),
    outJson: (value) => write(`${stdout ? visibleJson(JSON.stringify(value)) : JSON.stringify(value)}\n`),
    error: (text) => void stream("stderr").write(text),
    gone: gone.signal,
    flush: async () => {
      for (const name of used) await new Promise<void>((resolve) => process[name].write("", () => resolve()));
    },
  };
}

/** A look at the descriptor first: most are no device, and asking that way loads nothing. */
function isTerminal(descriptor: 0 | 1 | 2): boolean {
  try {
    if (!process.getBuiltinModule("node:fs").fstatSync(descriptor).isCharacterDevice()) return false;
    return process.getBuiltinModule("node:tty").isatty(descriptor);
  } catch {
    return false;
  }
}
