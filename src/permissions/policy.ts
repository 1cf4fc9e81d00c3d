// What the judge goes by in one session: mode, rules, ceilings. Rules granted on the way are added, never taken away.
import { BosunError } from "../base/index.ts";
import type { Holds, Mode, PathClass } from "./decision.ts";
import { realPathOf } from "./real-path.ts";
import { type Rule, type RulePlace, type RuleProblem, type RuleText, type RuleVerdict, readRule } from "./rules.ts";

export interface RuleBook {
  readonly deny: readonly Rule[];
  readonly ask: readonly Rule[];
  readonly allow: readonly Rule[];
}
/** What becomes of a class of paths in commands. */
export type ClassVerdict = "allow" | "ask" | "deny";
export interface Policy {
  readonly mode: Mode;
  readonly rules: RuleBook;
  /** What becomes, in mode `unattended`, of a call that would be asked for. */
  readonly onUnattendedAsk: "deny" | "await";
  /** Tools the session has; undefined: all that are registered. */
  readonly pool?: ReadonlySet<string>;
  /** Absent: "ask". */
  readonly classes?: Readonly<Partial<Record<PathClass, ClassVerdict>>>;
  /** Numbers of checks whose "never" is no more than a question. */
  readonly allowChecks?: ReadonlySet<number>;
  /** What the modes that ask nobody do with a command where no sandbox can be made. Absent: "refuse". */
  readonly withoutSandbox?: "refuse" | "ask" | "run";
  /** Commands run without a sandbox: the person's own setting. */
  readonly open?: boolean;
  /** The policy of what started this: nothing is judged milder than by it. */
  readonly within?: Omit<Policy, "grant">;
  /** Adds an allow rule, from now on: what a person said with "always allow". A rule that can't be read is not added. */
  grant(rule: string, holds: Holds): readonly RuleProblem[];
}
export interface PolicyOptions extends Omit<RulePlace, "realPath"> {
  readonly mode: Mode;
  readonly rules: readonly RuleText[];
  readonly onUnattendedAsk?: "deny" | "await";
  readonly pool?: ReadonlySet<string>;
  readonly classes?: Policy["classes"];
  readonly allowChecks?: ReadonlySet<number>;
  readonly withoutSandbox?: Policy["withoutSandbox"];
  readonly open?: boolean;
  readonly within?: Policy["within"];
  /** Of allow rules only those of the managed settings count; `grant` adds none. */
  readonly managedRulesOnly?: boolean;
}

/** Every rule that can't be read is a problem; with one of them the policy must not be used, since a deny rule may be missing. */
export function createPolicy(options: PolicyOptions): { readonly policy: Policy; readonly problems: readonly RuleProblem[] } {
  const place: RulePlace = { ...options, root: realPathOf(options.root), home: realPathOf(options.home), realPath: realPathOf };
  const book: Record<RuleVerdict, Rule[]> = { deny: [], ask: [], allow: [] };
  const add = (text: RuleText): readonly RuleProblem[] => {
    const reading = readRule(text, place);
    if (!reading.ok) return [reading.problem];
    if (options.managedRulesOnly === true && text.verdict === "allow" && text.level !== "managed") return [];
    book[text.verdict].push(reading.rule);
    return [];
  };
  const problems = options.rules.flatMap(add);
  const policy: Policy = {
    mode: options.mode,
    rules: book,
    onUnattendedAsk: options.onUnattendedAsk ?? "deny",
    ...(options.pool === undefined ? {} : { pool: options.pool }),
    ...(options.classes === undefined ? {} : { classes: options.classes }),
    ...(options.allowChecks === undefined ? {} : { allowChecks: options.allowChecks }),
    ...(options.withoutSandbox === undefined ? {} : { withoutSandbox: options.withoutSandbox }),
    ...(options.open === undefined ? {} : { open: options.open }),
    ...(options.within === undefined ? {} : { within: options.within }),
    grant: (rule, holds) =>
      holds === "call"
        ? []
        : add({ text: rule, verdict: "allow", source: holds === "session" ? "said in this session" : "said for this project", level: "session" }),
  };
  return { policy, problems };
}

/** One error for all rules that can't be read, or null. */
export function ruleError(problems: readonly RuleProblem[]): BosunError | null {
  if (problems.length === 0) return null;
  const lines = problems.map(
    ({ source, verdict, text, position, says }) =>
      `${source}: the ${verdict} rule ${JSON.stringify(text)} can't be read at character ${position + 1}: ${says}.`,
  );
  return new BosunError("settings-malformed", lines.join("\n"), { next: "Mend the rule; docs/settings.md tells their form." });
}

const modes: Readonly<Record<Mode, string>> = {
  plan: "reads only, commands that are proved to read included; everything that changes something is denied",
  ask: "reads inside the project run, commands that are proved to read included; everything else asks",
  "accept-edits": "as ask, and edits inside the project run, commands that only make new files included",
  auto: "as ask, but a second model, which sees your messages and the call alone, may allow what would ask; never what deny and ask rules, ceilings, protected files, secrets, places outside the project or unclear commands concern",
  unattended: "as ask, but what would ask is denied, or ends the run awaiting an answer",
  bypass: "everything runs but what deny rules, ceilings and protected files forbid",
};
/** The modes with one line each, for help texts. */
export const modeTable: readonly { readonly mode: Mode; readonly says: string }[] = Object.entries(modes).map(([mode, says]) => ({ mode: mode as Mode, says }));

export function parseMode(text: string): { readonly ok: true; readonly mode: Mode } | { readonly ok: false; readonly says: string } {
  if (Object.hasOwn(modes, text)) return { ok: true, mode: text as Mode };
  const names = Object.keys(modes).join(", ");
  return { ok: false, says: `There is no permission mode "${text}". Choose one of ${names}.` };
}
