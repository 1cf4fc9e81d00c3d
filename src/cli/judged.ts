// What bosun makes of one shell command: facts and ruling, as the run of an agent would find them.
import { homedir } from "node:os";
import type { CallId } from "../base/index.ts";
import { type Facts, findFacts, judge, type Policy, type Request, type Ruling, reasonInWords } from "../permissions/index.ts";
import { builtinTools } from "../tools/index.ts";

export interface JudgedCommand {
  readonly request: Request;
  readonly ruling: Ruling;
}
export interface CommandPlace {
  /** Absolute, links resolved. */
  readonly cwd: string;
  readonly root: string;
  /** bosun's own folder. */
  readonly home?: string | undefined;
}

const bash = builtinTools.find(({ name }) => name === "bash");

export async function judgeCommand(command: string, { cwd, root, home }: CommandPlace, policy: Policy): Promise<JudgedCommand> {
  if (bash === undefined) throw new Error("there is no tool for commands");
  const call = { id: "c_explain" as CallId, tool: bash.name, input: { command } };
  const request = await findFacts(call, bash, { cwd, root, home: homedir(), ...(home === undefined ? {} : { own: home }) });
  return { request, ruling: judge(request, policy) };
}

export const reasonOf = (ruling: Ruling) => (ruling.verdict === "ask" ? ruling.because : ruling.reason);

/** One word or two: who decided. */
export function deciderOf(ruling: Ruling): string {
  const reason = reasonOf(ruling);
  switch (reason.by) {
    case "rule":
      return `rule ${reason.rule}`;
    case "mode":
      return `mode ${reason.mode}`;
    case "shell-check":
      return `check ${reason.check}`;
    default:
      return reason.by;
  }
}

/** The fields that both forms of JSON have. */
export function judgedJson({ request, ruling }: JudgedCommand): {
  readonly verdict: Ruling["verdict"];
  readonly decidedBy: string;
  readonly says: string;
  /** In mode auto a classifier is asked before anybody else. */
  readonly classifier?: true;
  readonly findings: NonNullable<Facts["findings"]>;
  readonly effects: NonNullable<Facts["effects"]>;
  readonly moreEffects?: number;
} {
  const { findings = [], effects = [], moreEffects } = request.facts;
  const more = moreEffects === undefined ? {} : { moreEffects };
  return {
    verdict: ruling.verdict,
    decidedBy: deciderOf(ruling),
    says: reasonInWords(reasonOf(ruling)),
    ...(ruling.verdict === "ask" && ruling.classifier ? { classifier: true } : {}),
    findings,
    effects,
    ...more,
  };
}
