// The skills of a session as its tool and its prompt know them: those that no rule denies.
import type { SkillTitle } from "../context/index.ts";
import { type Facts, judge, type Policy, type Request, readRule, reasonInWords, secretReason } from "../permissions/index.ts";
import { type FoundSkills, type Registry, ruleOfEntry, type Skill, type SkillsPort, skillToolName } from "../tools/index.ts";

interface SkillsWorld {
  readonly found: FoundSkills;
  readonly policy: Policy;
  readonly tools: Registry;
  readonly cwd: string;
  readonly root: string;
  readonly home: string;
}
export interface SessionSkills {
  /** Absent: there are none. */
  readonly port: SkillsPort | undefined;
  /** Of those that may be opened. */
  titles(): readonly SkillTitle[];
  /** What the person should know, one sentence each. */
  readonly notices: readonly string[];
}

export function createSkills(world: SkillsWorld): SessionSkills {
  const { found, policy, tools, root, home } = world;
  const isOpen = ({ name }: Skill): boolean => judge(requestFor(world, skillToolName, name, { names: [name] }), policy).verdict !== "deny";
  const list = () => found.skills.filter(isOpen);
  const subjectsOf = (tool: string) => tools.get(tool)?.subjects.map(({ kind }) => kind);
  const port: SkillsPort = {
    list,
    // inside or not: that the skill may be opened was judged; what it holds may still be denied, or secret
    refusal(path) {
      const secret = secretReason(path, { home, root });
      const paths = [{ asked: path, absolute: path, real: path, inside: true, protected: null, secret }];
      const ruling = judge(requestFor(world, "read", path, { paths }), policy);
      return ruling.verdict === "allow" ? null : reasonInWords(ruling.verdict === "ask" ? ruling.because : ruling.reason);
    },
    unreadable(entry) {
      const reading = readRule({ text: ruleOfEntry(entry), verdict: "allow", source: "a skill" }, { root, home, subjectsOf });
      if (!reading.ok) return reading.problem.says;
      const { name } = reading.rule;
      return name.includes("*") || tools.get(name) !== undefined ? null : "there is no such tool here";
    },
  };
  return { port: found.skills.length === 0 ? undefined : port, titles: list, notices: noticesOf(found) };
}

function requestFor({ cwd, root }: SkillsWorld, tool: string, subject: string, facts: Partial<Facts>): Request {
  const call = { id: "c_skill" as Request["call"]["id"], tool, input: {} };
  return { call, effect: "read", source: { tier: "builtin" }, subject, facts: { cwd, root, paths: [], commands: [], domains: [], ...facts } };
}

/** One line, however many there are: `bosun skills` says each. */
function noticesOf({ absent }: FoundSkills): readonly string[] {
  const left = absent.filter(({ why }) => !why.includes("comes first"));
  if (left.length === 0) return [];
  const names = left.slice(0, 3).map(({ where }) => where);
  const more = left.length > names.length ? ` and ${left.length - names.length} more` : "";
  return [`Skills that are not used: ${names.join(", ")}${more} (${left[0]?.why}). \`bosun skills\` says why of each.`];
}
