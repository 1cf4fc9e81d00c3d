// Who decided what, and why: data, so that it can be journaled, queried and replayed.
import type { Json, JsonObject } from "../base/index.ts";
import type { ToolCall } from "../model/index.ts";
import type { Effect, Profile, Source, Tier } from "../tools/index.ts";

export type Mode = "plan" | "ask" | "accept-edits" | "auto" | "unattended" | "bypass";

/** Positions in the text of a command, in UTF-16 units: [start, end). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Reason =
  | { readonly by: "rule"; readonly rule: string; readonly source: string; readonly span?: Span }
  | { readonly by: "mode"; readonly mode: Mode; readonly says: string }
  | { readonly by: "tier"; readonly tier: Tier; readonly says: string }
  | { readonly by: "pool"; readonly says: string }
  /** A path outside the project, a protected target, an unreadable command … found as a fact. */
  | { readonly by: "fact"; readonly says: string; readonly span?: Span }
  | { readonly by: "shell-check"; readonly check: number; readonly says: string; readonly span?: Span }
  /** A command was understood wholly, and nothing stands against it. */
  | { readonly by: "analysis"; readonly says: string }
  | { readonly by: "classifier"; readonly model: string; readonly says: string }
  | { readonly by: "person" | "coordinator" | "worker"; readonly says?: string };

export interface PathFact {
  /** As the model wrote it. */
  readonly asked: string;
  /** Absolute, links resolved. */
  readonly real: string;
  /** Inside the project's root, after links. */
  readonly inside: boolean;
  /** Why nobody but a person may change it (for example "git hooks"), or null. */
  readonly protected: string | null;
  /** Absolute, as asked: relative parts resolved by name, links not followed. */
  readonly absolute?: string;
  /** Why its content is a secret, or null. */
  readonly secret?: string | null;
}
/** One simple command of a shell text, its words as the program receives them. */
export interface CommandFact {
  readonly words: readonly string[];
  readonly span: Span;
  /** Indexes of words that are known only when it runs; they stand in `words` as written. */
  readonly open?: readonly number[];
}

/** What settings decide about as a whole: reading outside the project, reading secrets, git in repositories other than the project's, changing protected files. */
export type PathClass = "outside" | "secret" | "repository" | "protected";

/** What stands between a command and running it. */
export interface FindingFact {
  /** Number of the check. */
  readonly check: number;
  /** "effect": a rule on commands may allow it. "option": one without a wildcard over it. "unclear": none but one for the whole tool. "never": refused. */
  readonly kind: "effect" | "option" | "unclear" | "never";
  readonly says: string;
  readonly span: Span;
  /** Index in `commands`; absent: no rule on commands answers for it. */
  readonly command?: number;
  /** Indexes of that command's words that it is about, where they are known. */
  readonly words?: readonly number[];
  readonly class?: PathClass;
}

/** One thing that a command does, as far as the disk tells. */
export interface EffectFact {
  readonly kind: "reads" | "writes" | "runs" | "network" | "repository" | "unknown";
  /** Absolute, links resolved. */
  readonly path?: string;
  readonly what?: "content" | "names";
  /** And all below it. */
  readonly deep?: true;
  /** Written: something is there already. */
  readonly exists?: true;
  /** Written: it is not in the project. */
  readonly outside?: true;
  /** What runs, or the host. */
  readonly says?: string;
  readonly span: Span;
}
/** What judging needs of the world, resolved before it. */
export interface Facts {
  readonly cwd: string;
  readonly root: string;
  readonly paths: readonly PathFact[];
  /** Every simple command in order, empty for a tool without commands; null when the text could not be understood wholly: then no allow rule matches. */
  readonly commands: readonly CommandFact[] | null;
  /** Hosts that something is sent to or fetched from. */
  readonly domains: readonly string[];
  /** Names that rules match as such: of a skill, of a kind of agent. */
  readonly names?: readonly string[];
  /** What stands in the way of understanding, in words. */
  readonly unclear?: string;
  readonly unclearAt?: Span;
  /** Further readings of a command, for deny and ask rules only: what a wrapper runs, literal parts of what is unclear. */
  readonly heard?: readonly CommandFact[];
  /** Of a command that was analysed; absent: none was. Without a finding it only reads what anybody's word allows. */
  readonly findings?: readonly FindingFact[];
  readonly effects?: readonly EffectFact[];
  /** Effects that are not listed. */
  readonly moreEffects?: number;
  /** The command may leave another working folder behind. */
  readonly moves?: true;
}
export interface Request {
  readonly call: ToolCall;
  readonly effect: Effect;
  readonly source: Source;
  /** What is at stake, in one line: a path, a command, a domain. */
  readonly subject: string;
  readonly facts: Facts;
}

/** What a question is about, as the journal keeps it: enough to show it, and to record its answer, without the model or the tool. */
export interface AskedRequest extends Pick<Request, "subject" | "effect" | "source" | "facts"> {
  readonly mode: Mode;
  /** What a classifier had said, where one was asked before the person. */
  readonly classifier?: ClassifierRecord;
}

export type Ruling =
  | { readonly verdict: "allow" | "deny"; readonly reason: Reason }
  /** `classifier`: nothing but the mode "auto" stands against it, so a classifier may allow it. */
  | { readonly verdict: "ask"; readonly because: Reason; readonly classifier?: true };

/** What a classifier made of a call. "no-verdict": it did not say; "unavailable": it could not be asked. Neither is a denial. */
export interface ClassifierRecord {
  readonly model: string;
  /** Version of its prompt. */
  readonly prompt: string;
  readonly outcome: "allow" | "deny" | "no-verdict" | "unavailable";
  readonly says: string;
  readonly risk?: string;
  readonly usd: number;
  readonly milliseconds: number;
  /** It had judged the same call under the same intent. */
  readonly cached?: true;
  /** SHA-256 of all it was shown, and of the whole call: the same again is not asked again. */
  readonly key?: string;
}

/** Whether its rule holds for later calls: only what allows, for more than the call, grants one. */
export const grantsRule = (decision: Decision): decision is Decision & { readonly rule: string } =>
  decision.rule !== undefined && decision.verdict === "allow" && decision.holds !== "call";

export type Holds = "call" | "session" | "project";
/** What the journal keeps of a decision. `facts` are kept as they were: a later what-if replays them. */
export interface Decision {
  readonly call: string;
  readonly tool: string;
  readonly subject: string;
  readonly effect?: Effect;
  readonly source?: Source;
  /** Names of agents from the top one down to the one that called; absent: the session's own. */
  readonly agents?: readonly string[];
  readonly verdict: "allow" | "deny";
  readonly reason: Reason;
  /** Why it had to be asked, when it was. */
  readonly asked?: Reason;
  readonly mode: Mode;
  readonly holds: Holds;
  /** The rule that "for the session" or "for the project" wrote. */
  readonly rule?: string;
  /** Allowed with this input in place of the model's. */
  readonly input?: Json;
  readonly facts: Facts;
  /** Of a command: what is put around it. Absent: it runs none. */
  readonly profile?: Profile;
  /** Why no sandbox can be made, where none can. */
  readonly sandbox?: string;
  /** Milliseconds from the question to the answer. */
  readonly took: number;
  /** Milliseconds for facts and ruling. */
  readonly judged?: number;
  /** What a classifier said, where one was asked. */
  readonly classifier?: ClassifierRecord;
  readonly more?: JsonObject;
}
