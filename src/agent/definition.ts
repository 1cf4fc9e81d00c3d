// What an agent is (data), and the world its run works in (ports, bound in src/compose).
import type { Clock, Outcome, SessionId, StepId } from "../base/index.ts";
import type { Budget, PriceOf } from "../budget/index.ts";
import type { JobView, ShellEvidence } from "../exec/index.ts";
import type { Effort, Provider, RetryPolicy } from "../model/index.ts";
import type { Handler, Policy } from "../permissions/index.ts";
import type { CacheBreak, Prefix, SharedBudget } from "../session/index.ts";
import type { EffectPorts, Pool, ProcessIdentity, Profile, ReadPorts, Registry, ToolMeta } from "../tools/index.ts";
import type { ChildState, Step } from "../workflow/index.ts";
import type { TreeLock } from "./tree-lock.ts";

/** What calls go to, and what is known of it. */
export interface ModelChoice {
  readonly provider: Provider;
  readonly model: string;
  /** Tokens; undefined: not known. */
  readonly contextWindow: number | undefined;
  /** Rates by length of prompt; undefined: not known. */
  readonly price: PriceOf;
  /** Other models of its provider, for what is said when a call does not fit; absent: none is known. */
  readonly others?: readonly { readonly model: string; readonly price: PriceOf }[];
  /** What the provider's prompt cache is like: shortest prompt it keeps (tokens), life of an entry (seconds). */
  readonly cache: CacheTerms;
  readonly maxOutput: number;
  /** Absent: the model's own default. */
  readonly effort?: Effort;
  /** Anthropic: how thinking is asked for; absent: not at all. */
  readonly thinking?: "adaptive" | "budget";
  /** False: it cannot be shown images. */
  readonly images?: boolean;
}

/** A model that is asked for a turn whose own is overloaded; it is looked for when it is first needed. */
export interface Fallback {
  /** `provider/name` */
  readonly reference: string;
  find(): Promise<Outcome<ModelChoice>>;
}

export interface AgentDefinition extends ModelChoice {
  readonly name: string;
  readonly purpose: string;
  /** Asked before a break of the cache that a person can still avoid; absent: nobody is there, it is said and goes on. */
  readonly confirmBreak?: ConfirmBreak;
  /** In the order in which they are asked; absent: none. */
  readonly fallbacks?: readonly Fallback[];
  readonly budget: Budget;
  /** Which of these limits were given to the session itself and stand when it goes on; absent: none. */
  readonly givenBudget?: Budget;
  /** All there are: the gate speaks of what the pool lacks, too. */
  readonly tools: Registry;
  /** Which of them this session has, as things stand now. */
  readonly pool: Pool;
  readonly policy: Policy;
  readonly handler: Handler;
  /** Of mode "auto". */
  readonly classifier?: Classifier;
  readonly limits: RunLimits;
}

/** Told before it is sent: what breaks the cache. False: it is not sent. */
export type ConfirmBreak = (broken: CacheBreak, signal: AbortSignal) => Promise<boolean>;

export interface CacheTerms {
  readonly least: number;
  readonly life: number;
  /** What is written shall live an hour, at a dearer write; absent: five minutes. */
  readonly long?: boolean;
  /** Tokens of the steps in which it is read; absent: to the token. */
  readonly step?: number;
}

export interface ClassifierModel {
  readonly provider: Provider;
  readonly model: string;
  readonly price: PriceOf;
}
export interface Classifier {
  /** Milliseconds that one answer may take. */
  readonly timeout: number;
  /** Which model it is: looked for when it is first needed. */
  find(): Promise<Outcome<ClassifierModel>>;
}

export interface RunLimits {
  /** Replies in one run; undefined: no limit. */
  readonly turns: number | undefined;
  /** Calls that only read and run at once. */
  readonly parallelReads: number;
  /** The same call with the same result, in a row, that ends the run. */
  readonly identicalCalls: number;
  /** US dollars within a minute; absent: no limit. */
  readonly usdPerMinute?: number | undefined;
}

export interface EffectHooks {
  readonly step: StepId;
  /** The step's idempotency key. */
  readonly key: string;
  /** Called once for each process that a commit starts: journal point J5. */
  readonly onProcess: (process: ProcessIdentity) => void;
  /** What its commands are put into; absent: what the tool asks for, else "open". */
  readonly profile?: Profile;
}

/** What surrounds a run. Everything that touches the outside comes in here. */
export interface World {
  readonly clock: Clock;
  readonly cwd: string;
  readonly root: string;
  /** The person's home folder. */
  readonly home: string;
  /** bosun's own folder, absolute. */
  readonly own: string;
  readonly ports: ReadPorts;
  /** The ports of one commit. After `revoke` every one of them refuses. */
  effects(hooks: EffectHooks): { readonly ports: EffectPorts; revoke(): void };
  readonly tree: TreeLock;
  readonly retry: RetryPolicy;
  /** Limits that sessions hold to together; absent: none. */
  readonly shared?: SharedBudget;
  /** Renders the prompt's head; called once in a session's life. */
  renderPrefix(tools: readonly ToolMeta[]): Promise<{ readonly prefix: Prefix; readonly loaded: readonly string[]; readonly notices: readonly string[] }>;
  /** A tool in the bytes that a model is shown. */
  renderTool(tool: ToolMeta): string;
  /** Commands in the background of this session, told to nobody by asking. */
  jobs(): readonly JobView[];
  /** Where and when it is now, in the words of the prefix. */
  environment(): string;
  /** What is left to know of a command whose end was not seen; ends what still runs of it. */
  shellEvidence(step: Step): Promise<ShellEvidence>;
  /** How the session stands that a call handed its work to; `resumable` is the tool's to say. */
  childState(child: SessionId): Promise<ChildState>;
  /** What the model has to be told and was not: jobs that ended. Each is given once. */
  takeNotes(): readonly { readonly about: string; readonly text: string }[];
  /** Instructions of the folder of a file that was touched, if they are not loaded yet. */
  nestedInstructions(path: string): { readonly text: string; readonly loaded: readonly string[]; readonly notices: readonly string[] } | null;
}
