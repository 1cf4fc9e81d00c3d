// What an agent is made from, and what is made of it: the shapes of the library.
import type { ConfirmBreak, RunEvent } from "../agent/index.ts";
import type { Clock, Outcome, SessionId } from "../base/index.ts";
import type { Budget, BudgetRefusal } from "../budget/index.ts";
import type { Disk, JobView, Machine, ShellOptions } from "../exec/index.ts";
import type { ContentPart, Effort, Provider, ProviderName, ProviderSettings, ResolvedModel, RetryLimits } from "../model/index.ts";
import type { Handler, Mode, PolicyOptions, RuleText } from "../permissions/index.ts";
import type { RunEnd, Session, SessionStore, SharedLimits } from "../session/index.ts";
import type { AgentTypeName, Named, SkillsFolder, Tool } from "../tools/index.ts";

/** A provider of your own, and what it cannot say itself. */
export interface OwnProvider {
  readonly provider: Provider;
  readonly model: string;
  /** Tokens of input and output together; absent: not known. */
  readonly window?: number;
  /** US dollars per million tokens, by the length of the prompt; absent: not known, so no call is made under a limit in money. */
  readonly price?: ResolvedModel["price"];
}

export interface ClassifierOptions {
  /** `provider/name`; with a provider of your own: the name it is asked for. */
  readonly model?: string;
  readonly provider?: Provider;
  /** With a provider of your own: US dollars per million tokens, by the length of the prompt. */
  readonly price?: ResolvedModel["price"];
  /** Seconds that one answer may take; 10. */
  readonly timeout?: number;
}

export interface SkillOptions {
  /** Whether the skills of the project count, beside the person's own. */
  readonly trusted: boolean;
  /** Further folders that hold skills. They come last. */
  readonly folders?: readonly SkillsFolder[];
}

export interface AgentOptions {
  /** `provider/name`; absent: a resumed session's own, else by the key that is set, or a local server. */
  readonly model?: string;
  /** Of a session that names none itself, where `model` is absent. */
  readonly usualModel?: string;
  /** `provider/name` of models that are asked in this order while the session's own stays overloaded. */
  readonly fallback?: readonly string[];
  /** How much the model thinks; absent: a resumed session's own, else `usualEffort`, else the model's default. */
  readonly effort?: Effort;
  readonly usualEffort?: Effort;
  /** Instead of a model by name: your own provider, with the name it is asked for. */
  readonly provider?: OwnProvider;
  readonly providers?: Partial<Readonly<Record<ProviderName, ProviderSettings>>>;
  /** Working folder; default: the process's. */
  readonly cwd?: string;
  /** Where sessions live; default: BOSUN_HOME, else ~/.bosun. */
  readonly home?: string;
  /** Absent: a resumed session's own (never "bypass"), else "ask". */
  readonly mode?: Mode;
  readonly rules?: readonly RuleText[];
  /** Names of tools the session must not see. */
  readonly withoutTools?: readonly string[];
  /** Further tools. */
  readonly tools?: readonly Tool[];
  /** The only tools the session may have; absent: all. */
  readonly onlyTools?: readonly string[];
  /** Tools that are not to be had here, and why: of a folder that is not trusted, of a plugin that changed. */
  readonly withheldTools?: readonly Named[];
  /** Where skills come from; absent: none are looked for. */
  readonly skills?: SkillOptions;
  /** Estimated tokens of tool definitions in the prompt's head; what is beyond is found through `find_tool`. Default: 12000. */
  readonly toolTokens?: number;
  /** What the session may do at most; absent: a resumed session's own, else "main". */
  readonly agentType?: AgentTypeName;
  /** Who settles what has to be asked; default: nobody is there, the run ends awaiting. */
  readonly handler?: Handler;
  readonly onUnattendedAsk?: "deny" | "await";
  /** Seconds that a question waits for an answer from another process where there is no handler; absent: 0. */
  readonly answerWait?: number;
  /** How commands are judged beside the rules; absent: classes of paths ask, and where nobody is asked a sandbox is needed. */
  readonly commands?: Pick<PolicyOptions, "classes" | "allowChecks" | "withoutSandbox" | "open" | "managedRulesOnly">;
  /** Who judges in mode "auto"; absent: the small model of the session's provider, else the session's own. */
  readonly classifier?: ClassifierOptions;
  /** Stands in the session and holds when it is resumed, until other limits are given in its place. */
  readonly budget?: Budget;
  /** Limits that do not stand in the session. Beside those of an earlier run the lower one holds; what `budget` names wins. */
  readonly usualBudget?: Budget;
  /** Limits in money and tokens that all sessions of this project, or of a day, hold to together. */
  readonly sharedBudget?: SharedLimits;
  /** Replies in one run. */
  readonly maxTurns?: number;
  /** Tokens of one reply. */
  readonly maxOutput?: number;
  readonly parallelReads?: number;
  readonly identicalCalls?: number;
  /** US dollars that a session may spend within a minute; absent: no limit. */
  readonly usdPerMinute?: number;
  readonly retries?: RetryLimits;
  /** Milliseconds without a byte after which a reply counts as stalled. */
  readonly idleTimeout?: number;
  readonly appendSystemPrompt?: string;
  /** How long the provider shall keep what it caches, where it can be told (Anthropic; an hour costs twice the input). Default: "5m". */
  readonly cacheLife?: "5m" | "1h";
  /** Between two runs, the last request is sent again for one token before its cache ends, as often as that pays. Default: never. */
  readonly keepAlive?: boolean;
  /** Asked before the cache is broken by what can still be avoided: another model, another effort. Default: nobody, it is said in a notice. */
  readonly confirmBreak?: ConfirmBreak;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly store?: SessionStore;
  readonly clock?: Clock;
  /** Commands that a call starts in the background go on when the session ends. */
  readonly keepJobs?: boolean;
  /** The sandboxes of commands and their limits. */
  readonly shell?: ShellOptions;
  readonly disk?: Disk;
  /** What programs are started with. */
  readonly machine?: Machine;
}

export interface Agent {
  readonly cwd: string;
  /** Top of the repository, else the working folder. */
  readonly root: string;
  readonly home: string;
  /** Of a new session: `provider/name` */
  readonly model: string;
  /** Of a new session. */
  readonly mode: Mode;
  /** Folder of this project's sessions. */
  readonly sessionsFolder: string;
  readonly store: SessionStore;
  start(name?: SessionId): Promise<Outcome<Conversation>>;
  /** Goes on where the session stopped, with its own model, mode, limits and rules where the options name none. */
  resume(session: SessionId): Promise<Outcome<Conversation>>;
  /** A new session that begins with what another one of this project had come to at its line `seq`; absent: its last. */
  fork(session: SessionId, seq?: number, name?: SessionId): Promise<Outcome<Conversation>>;
}

/** "once": so far that the refused call fits, until its reply is there; `to`: the limit itself, in its own unit, from now on. */
export type Raise = "once" | { readonly to: number };

/** Events as they come, and how it ended. The run goes on whether or not anybody reads. */
export interface Run extends AsyncIterable<RunEvent> {
  readonly end: Promise<RunEnd>;
}

/** Another model, or another effort ("default": the model's own): what it would take, before it is taken. */
export interface Change {
  /** `provider/name` */
  readonly model: string;
  readonly effort: Effort | undefined;
  /** Estimated tokens that the provider's cache holds no more and that are paid again with the next request; 0: none. */
  readonly tokens: number;
  /** US dollars for these beyond what reading them from the cache costs; null: the price is not known. */
  readonly usd: number | null;
  /** What of the conversation the model is not sent, one sentence; "": nothing. */
  readonly lost: string;
  /** From the next request on, and when the session is resumed. */
  take(): Promise<void>;
}

export interface Conversation {
  readonly session: Session;
  /** `provider/name` */
  readonly model: string;
  readonly effort: Effort | undefined;
  readonly mode: Mode;
  /** What the person should know of how it goes on, one sentence each. */
  readonly notices: readonly string[];
  /** Goes on from an input; `null`: from where the session stopped. One run at a time. */
  send(input: string | readonly ContentPart[] | null, signal?: AbortSignal): Run;
  /** Makes room for what the budget refused; the next `send` goes on. Recorded as the session's own limit. */
  raise(refusal: BudgetRefusal, how: Raise): Promise<void>;
  /** Not while a run is under way. */
  change(to: { readonly model?: string; readonly effort?: Effort | "default" }): Promise<Outcome<Change>>;
  /** Input for the next turn of the run that is under way. */
  queue(text: string): Promise<void>;
  /** Commands in the background that go on when the session ends: those that run. */
  keptJobs(): readonly JobView[];
  /** Gives the session free. Call it when done. */
  release(): Promise<void>;
}
