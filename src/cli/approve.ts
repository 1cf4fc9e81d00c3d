// The person at the terminal decides: what it is, why it is asked, what it would do, and their answers. Several questions come
// one after the other. A terminal that vanishes answers nothing: the question stays open.
import { type Answer, type EffectFact, type Handler, type Reason, type Request, reasonInWords, type Suggestion, suggest } from "../permissions/index.ts";
import type { Preview } from "../tools/index.ts";
import { type EditOptions, editCall } from "./edit-call.ts";
import type { Screen } from "./screen.ts";
import { visible } from "./text.ts";
import { effectInWords, underlined } from "./underlined.ts";

export interface ApproveOptions {
  readonly screen: Screen;
  /** The next line the person enters; null: nobody is there any more, or the signal aborted. */
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string | null>;
  /** The person's home folder. */
  readonly home: string;
  /** What an editor is found by. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Leaves the terminal to an editor. */
  readonly aside: EditOptions["aside"];
  /** Whether a person's rules count: the managed settings may say that none but theirs do. Absent: they do. */
  readonly rules?: () => boolean;
  /** Writes an allow rule into the project's settings; undefined where the project is not trusted. Resolves with what went wrong, or null. */
  readonly project?: () => ((rule: string) => Promise<string | null>) | undefined;
}

/** Lines of a preview that are shown; the rest is counted. */
const mostLines = 120;

export function createPersonHandler(options: ApproveOptions): Handler {
  const { screen, ask, home } = options;
  let queue: Promise<unknown> = Promise.resolve();
  const settle = async (request: Request, because: Reason, preview: Preview, signal: AbortSignal): Promise<Answer> => {
    if (signal.aborted) return { awaiting: true };
    const always = options.rules?.() === false ? null : suggest(request, home);
    screen.pause();
    screen.write(`\n${questionOf(request, because, preview, always, screen)}`);
    try {
      for (;;) {
        const writeRule = always === null ? undefined : options.project?.();
        const choices = choicesOf(request, always, writeRule !== undefined);
        const line = await ask(`${choices.map(({ shown }) => shown).join(", ")}, or a word to the model › `, signal);
        if (line === null) {
          if (signal.aborted) screen.write("\nThis is not asked any more.\n");
          return { awaiting: true };
        }
        const answer = readAnswer(line, choices);
        if (answer === "edit") {
          const input = await editCall(request, { ...options, write: screen.write }, signal);
          if (input !== null) return { edit: input };
          continue;
        }
        const problem = answer !== null && "rule" in answer && answer.holds === "project" ? await writeRule?.(answer.rule ?? "") : null;
        if (answer && !problem) return answer;
        if (problem) {
          screen.write(`${visible(problem)}\n`);
          continue;
        }
        screen.write(`Answer ${choices.map(({ key }) => key).join(", ")}, or say in your own words why not.\n`);
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

export interface Choice {
  readonly key: string;
  readonly word: string;
  readonly shown: string;
  readonly answer: Verdict | "edit";
}
type Verdict = Extract<Answer, { readonly verdict: string }>;

const byRule = (rule: string, holds: "session" | "project"): Verdict => ({
  verdict: "allow",
  reason: { by: "person", says: `the person allowed ${rule} for this ${holds}` },
  holds,
  rule,
});

/** What a person can answer to this question. `project`: a rule can be written for it. */
export function choicesOf(request: Pick<Request, "effect">, always: Suggestion | null, project: boolean): readonly Choice[] {
  const yes: Verdict = { verdict: "allow", reason: { by: "person" }, holds: "call" };
  return [
    { key: "y", word: "yes", shown: "[y]es", answer: yes },
    ...(request.effect === "execute"
      ? [
          {
            key: "o",
            word: "open",
            shown: "[o]pen: yes, without a sandbox",
            answer: { ...yes, reason: { by: "person", says: "the person allowed it without a sandbox" }, profile: "open" } as const,
          },
        ]
      : []),
    ...(always
      ? [
          { key: "a", word: "always", shown: project ? "[a]lways in this session" : "[a]lways", answer: byRule(always.rule, "session") },
          ...(project ? [{ key: "p", word: "project", shown: "[p]roject: always in this project", answer: byRule(always.rule, "project") }] : []),
        ]
      : []),
    { key: "e", word: "edit", shown: "[e]dit", answer: "edit" as const },
    { key: "n", word: "no", shown: "[n]o", answer: { verdict: "deny", reason: { by: "person", says: "the person said no" }, holds: "call" } },
  ];
}

/** Null: it can't be understood as an answer. */
export function readAnswer(line: string, choices: readonly Choice[]): Verdict | "edit" | null {
  const text = line.trim();
  const lower = text.toLowerCase();
  if (text === "") return null;
  const chosen = choices.find(({ key, word }) => lower === key || lower === word);
  if (chosen !== undefined) return chosen.answer;
  if (["a", "always", "o", "open", "p", "project"].includes(lower)) return null;
  return { verdict: "deny", reason: { by: "person", says: `the person said no, and: ${text}` }, holds: "call" };
}

export function questionOf(request: Request, because: Reason, preview: Preview, always: Suggestion | null, screen: Pick<Screen, "paint">): string {
  const { tool } = request.call;
  const lines = [
    `${screen.paint(tool, "bold")} ${visible(request.subject)}`,
    screen.paint(`asked because ${visible(reasonInWords(because))}`, "dim"),
    ...previewLines(preview, request.subject, screen),
    ...factLines(request, screen),
    ...(always ? [`always: the rule ${screen.paint(visible(always.rule), "cyan")} for this session; it also allows ${visible(always.alsoAllows)}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

/** Lines of findings and of effects, each. */
const mostFacts = 8;

/** What stands against a command, each with its place; and what it would change. */
function factLines({ facts, subject }: Request, screen: Pick<Screen, "paint">): readonly string[] {
  const { findings = [], effects = [], moreEffects = 0 } = facts;
  const shown = findings.slice(0, mostFacts);
  const isChange = ({ kind }: EffectFact): boolean => kind !== "reads" && kind !== "repository";
  const changes = [...new Set(effects.filter(isChange).map(effectInWords))];
  return [
    ...shown.flatMap(({ check, says, span }) => [...underlined(subject, span), screen.paint(`  ${visible(says)} (check ${check})`, "yellow")]),
    ...(findings.length > shown.length ? [`  and ${findings.length - shown.length} more`] : []),
    ...changes.slice(0, mostFacts).map((words) => `  it ${visible(words)}`),
    ...(changes.length > mostFacts || moreEffects > 0 ? [`  and more than that; \`bosun explain\` tells all`] : []),
  ];
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
