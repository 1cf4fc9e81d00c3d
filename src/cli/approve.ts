// The person at the terminal decides: what it is, why it is asked, what it would do, and four answers.
import { type Answer, type Handler, type Reason, type Request, reasonInWords, type Suggestion, suggest } from "../permissions/index.ts";
import type { Preview } from "../tools/index.ts";
import type { Screen } from "./screen.ts";
import { visible } from "./text.ts";

export interface ApproveOptions {
  readonly screen: Screen;
  /** The next line the person enters; null: nobody is there any more, or the signal aborted. */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string | null>;
  /** The person's home folder. */
  readonly home: string;
}

/** Lines of a preview that are shown; the rest is counted. */
const mostLines = 120;

export function createPersonHandler({ screen, ask, home }: ApproveOptions): Handler {
  let queue: Promise<unknown> = Promise.resolve();
  const settle = async (request: Request, because: Reason, preview: Preview, signal: AbortSignal): Promise<Answer> => {
    if (signal.aborted) return { awaiting: true };
    const always = suggest(request, home);
    screen.pause();
    screen.write(`\n${questionOf(request, because, preview, always, screen)}`);
    try {
      for (;;) {
        const line = await ask(promptOf(always), signal);
        if (line === null) return { awaiting: true };
        const answer = readAnswer(line, always);
        if (answer) return answer;
        screen.write(always ? "Answer y, a or n, or say in your own words why not.\n" : "Answer y or n, or say in your own words why not.\n");
      }
    } finally {
      screen.resume();
    }
  };
  return {
    context: "interactive",
    settle(request, because, preview, signal) {
      const mine = queue.then(() => settle(request, because, preview, signal));
      queue = mine.catch(() => undefined);
      return mine;
    },
  };
}

const promptOf = (always: Suggestion | null): string =>
  always ? "[y]es, [a]lways, [n]o, or a word to the model › " : "[y]es, [n]o, or a word to the model › ";

/** Null: it can't be understood as an answer. */
export function readAnswer(line: string, always: Suggestion | null): Answer | null {
  const text = line.trim();
  switch (text.toLowerCase()) {
    case "":
      return null;
    case "y":
    case "yes":
      return { verdict: "allow", reason: { by: "person" }, holds: "call" };
    case "n":
    case "no":
      return { verdict: "deny", reason: { by: "person", says: "the person said no" }, holds: "call" };
    case "a":
    case "always":
      return (
        always && {
          verdict: "allow",
          reason: { by: "person", says: `the person allowed ${always.rule} for this session` },
          holds: "session",
          rule: always.rule,
        }
      );
    default:
      return { verdict: "deny", reason: { by: "person", says: `the person said no, and: ${text}` }, holds: "call" };
  }
}

export function questionOf(request: Request, because: Reason, preview: Preview, always: Suggestion | null, screen: Pick<Screen, "paint">): string {
  const { tool } = request.call;
  const lines = [
    `${screen.paint(tool, "bold")} ${visible(request.subject)}`,
    screen.paint(`asked because ${visible(reasonInWords(because))}`, "dim"),
    ...previewLines(preview, request.subject, screen),
    ...(always ? [`always: the rule ${screen.paint(visible(always.rule), "cyan")} for this session; it also allows ${visible(always.alsoAllows)}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function previewLines(preview: Preview, subject: string, screen: Pick<Screen, "paint">): readonly string[] {
  switch (preview.kind) {
    case "none":
      return [];
    case "command": {
      const folder = `in ${visible(preview.cwd)}`;
      return preview.command === subject
        ? [screen.paint(folder, "dim")]
        : [...bounded(preview.command).map((line) => `  $ ${line}`), screen.paint(folder, "dim")];
    }
    case "text":
      return bounded(preview.text).map((line) => `  ${line}`);
    case "diff":
      return [
        `  ${visible(preview.path)}  ${screen.paint(`+${preview.added}`, "green")} ${screen.paint(`-${preview.removed}`, "red")}`,
        ...bounded(preview.diff).map((line) => `  ${paintDiff(line, screen)}`),
      ];
  }
}

function bounded(text: string): readonly string[] {
  const lines = text.replace(/\n$/, "").split("\n").map(visible);
  return lines.length <= mostLines ? lines : [...lines.slice(0, mostLines), `… ${lines.length - mostLines} more lines`];
}

function paintDiff(line: string, screen: Pick<Screen, "paint">): string {
  if (line.startsWith("@@")) return screen.paint(line, "cyan");
  if (line.startsWith("+")) return screen.paint(line, "green");
  return line.startsWith("-") ? screen.paint(line, "red") : line;
}
