// Skills that were opened since the person last spoke: what they limit themselves to.
//
// Owns: what allowed-tools means for a call. Calls: rules, the judge.
// Invariants
//  S1  Nothing here makes a ruling milder: an allow becomes a question or a denial, everything else stays.
//  S2  Each skill in force is asked for itself: opening a second one gives back nothing that the first one took.
//  S3  What is in force is folded from the journal: a session that is resumed has the same.
import { judge, type Policy, type Reason, type Request, type Rule, type Ruling, readRule } from "../permissions/index.ts";
import type { OpenedSkill } from "../session/index.ts";
import { ruleOfEntry, skillToolName } from "../tools/index.ts";
import type { Execution } from "./execution.ts";

/** The ruling, no milder than it was: what a skill in force does not name is asked for. */
export function narrowed(execution: Execution, request: Request, ruling: Ruling): Ruling {
  const { agent, session } = execution;
  const isOpen = ruling.verdict === "allow" || (ruling.verdict === "ask" && ruling.classifier === true);
  // a plugin's "none" is its own claim
  const touchesNothing = request.effect === "none" && request.source.tier === "builtin";
  if (!isOpen || touchesNothing || request.call.tool === skillToolName) return ruling;
  for (const opened of session.state.skills) {
    if (opened.allowedTools === null || covers(rulesOf(execution, opened), request, agent.policy)) continue;
    const because: Reason = { by: "tier", tier: "skill", says: saysOf(opened, opened.allowedTools) };
    const isDenied = agent.policy.mode === "unattended" && agent.policy.onUnattendedAsk !== "await";
    return isDenied ? { verdict: "deny", reason: because } : { verdict: "ask", because };
  }
  return ruling;
}

function saysOf({ skill }: OpenedSkill, allowed: readonly string[]): string {
  const list = allowed.length === 0 ? "no tool" : allowed.join(", ");
  return `the skill ${skill}, opened since the person last spoke, limits itself to ${list.length > 300 ? `${list.slice(0, 300)}…` : list}`;
}

const read = new WeakMap<OpenedSkill, readonly Rule[]>();

/** An entry that can't be read matches nothing. */
function rulesOf({ agent, world }: Execution, opened: OpenedSkill): readonly Rule[] {
  const known = read.get(opened);
  if (known !== undefined) return known;
  const subjectsOf = (tool: string) => agent.tools.get(tool)?.subjects.map(({ kind }) => kind);
  const place = { root: world.root, home: world.home, subjectsOf };
  const rules = (opened.allowedTools ?? []).flatMap((entry) => {
    const reading = readRule({ text: ruleOfEntry(entry), verdict: "allow", source: `the skill ${opened.skill}` }, place);
    return reading.ok ? [reading.rule] : [];
  });
  read.set(opened, rules);
  return rules;
}

/** Whether these rules alone would allow it: every command, path and host of it. */
function covers(allow: readonly Rule[], request: Request, { classes, allowChecks }: Policy): boolean {
  const ruling = judge(request, {
    mode: "ask",
    onUnattendedAsk: "await",
    rules: { deny: [], ask: [], allow },
    ...(classes === undefined ? {} : { classes }),
    ...(allowChecks === undefined ? {} : { allowChecks }),
  });
  return ruling.verdict === "allow" && ruling.reason.by === "rule";
}
