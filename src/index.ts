// bosun as a library: createAgent() puts the rooms together. Composition only: nothing is decided here.
import { mkdirSync, realpathSync } from "node:fs";
import { homedir, release } from "node:os";
import { join } from "node:path";
import manifest from "../package.json" with { type: "json" };
import {
  type AgentDefinition,
  adoptJobs,
  bindEffects,
  createChannel,
  createTreeLock,
  type Execution,
  lastJobOf,
  noteJobs,
  type RunEvent,
  type RunEventBody,
  ripgrepPath,
  run,
  type Terms,
  termsOf,
  todoOf,
  type World,
} from "./agent/index.ts";
import { BosunError, type Clock, newId, type Outcome, type SessionId, systemClock } from "./base/index.ts";
import type { Budget } from "./budget/index.ts";
import { corePrompt, dayOf, findInstructions, nestedInstructions, renderEnvironment, renderInstructions, renderPrefix } from "./context/index.ts";
import {
  cleanEnvironment,
  createCages,
  createFiles,
  createShell,
  type Disk,
  findRepository,
  gatherShellEvidence,
  type JobView,
  type Machine,
  nodeDisk,
  nodeMachine,
  type Shell,
  type ShellOptions,
  setUpSandbox,
  whyNoCommands,
} from "./exec/index.ts";
import {
  type ContentPart,
  createRetryPolicy,
  type Provider,
  type ProviderName,
  type ProviderSettings,
  type ResolvedModel,
  type RetryLimits,
  type RetryPolicy,
  resolveModel,
} from "./model/index.ts";
import {
  createPolicy,
  createWorkerHandler,
  type Handler,
  type Mode,
  type Policy,
  type PolicyOptions,
  type RuleText,
  ruleError,
  secretReason,
} from "./permissions/index.ts";
import {
  childState,
  createFileStore,
  createSession,
  findPlace,
  forkSession,
  openSession,
  type RunEnd,
  type Session,
  type SessionStore,
  withoutLocks,
} from "./session/index.ts";
import { builtinTools, createRegistry, pool, type ReadPorts, type Registry, type Tool } from "./tools/index.ts";
import { isClosed } from "./workflow/index.ts";

export type { RunEvent } from "./agent/index.ts";
export { BosunError, type Json, type JsonSchema, type Outcome, type SessionId } from "./base/index.ts";
export type { Amount, Budget } from "./budget/index.ts";
export type { ShellOptions } from "./exec/index.ts";
export type { ContentPart, Message, Provider, Usage } from "./model/index.ts";
export type { Decision, Handler, Mode, Reason } from "./permissions/index.ts";
export { findPlace, type Place, projectSlug, type RunEnd, type Session, type SessionState, type SessionStore } from "./session/index.ts";
export type { Prepared, ResumeChild, Tool, ToolContext, ToolMeta } from "./tools/index.ts";

export const version: string = manifest.version;

/** A provider of your own, and what it cannot say itself. */
export interface OwnProvider {
  readonly provider: Provider;
  readonly model: string;
  /** Tokens of input and output together; absent: not known. */
  readonly window?: number;
  /** US dollars per million tokens, by the length of the prompt; absent: not known, so no call is made under a limit in money. */
  readonly price?: ResolvedModel["price"];
}

export interface AgentOptions {
  /** `provider/name`; absent: a resumed session's own, else by the key that is set, or a local server. */
  readonly model?: string;
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
  /** Who settles what has to be asked; default: nobody is there, the run ends awaiting. */
  readonly handler?: Handler;
  readonly onUnattendedAsk?: "deny" | "await";
  /** How commands are judged beside the rules; absent: classes of paths ask, and where nobody is asked a sandbox is needed. */
  readonly commands?: Pick<PolicyOptions, "classes" | "allowChecks" | "withoutSandbox" | "open">;
  /** Stands in the session and holds when it is resumed, until other limits are given in its place. */
  readonly budget?: Budget;
  /** Limits that do not stand in the session. Beside those of an earlier run the lower one holds; what `budget` names wins. */
  readonly usualBudget?: Budget;
  /** Replies in one run. */
  readonly maxTurns?: number;
  /** Tokens of one reply. */
  readonly maxOutput?: number;
  readonly parallelReads?: number;
  readonly identicalCalls?: number;
  readonly retries?: RetryLimits;
  /** Milliseconds without a byte after which a reply counts as stalled. */
  readonly idleTimeout?: number;
  readonly appendSystemPrompt?: string;
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

/** Events as they come, and how it ended. The run goes on whether or not anybody reads. */
export interface Run extends AsyncIterable<RunEvent> {
  readonly end: Promise<RunEnd>;
}

export interface Conversation {
  readonly session: Session;
  /** `provider/name` */
  readonly model: string;
  readonly mode: Mode;
  /** What the person should know of how it goes on, one sentence each. */
  readonly notices: readonly string[];
  /** Goes on from an input; `null`: from where the session stopped. One run at a time. */
  send(input: string | readonly ContentPart[] | null, signal?: AbortSignal): Run;
  /** Input for the next turn of the run that is under way. */
  queue(text: string): Promise<void>;
  /** Commands in the background that go on when the session ends: those that run. */
  keptJobs(): readonly JobView[];
  /** Gives the session free. Call it when done. */
  release(): Promise<void>;
}

/** Fails as a value: a folder that can't be read, a model that does not exist, a rule that can't be read. */
export async function createAgent(options: AgentOptions = {}): Promise<Outcome<Agent>> {
  const environment = options.environment ?? process.env;
  const clock = options.clock ?? systemClock;
  const place = findPlace(options, environment);
  if (!place.ok) return place;
  const { cwd, root, home, sessionsFolder } = place.value;
  const model = await findModel(options, environment, clock);
  if (!model.ok) return model;
  const mode = options.mode ?? "ask";
  const waits = options.onUnattendedAsk ? { onUnattendedAsk: options.onUnattendedAsk } : {};
  const rules = { ...options.commands, root, home: homedir(), rules: options.rules ?? [], ...waits };
  const checked = ruleError(createPolicy({ ...rules, mode }).problems);
  if (checked) return { ok: false, error: checked };
  const tools = pool(createRegistry([...builtinTools, ...(options.tools ?? [])]), { disallowed: options.withoutTools }).tools;
  const disk = options.disk ?? nodeDisk;
  const machine = options.machine ?? nodeMachine;
  const store = options.store ?? createFileStore({ disk, clock, folder: sessionsFolder, version });
  const parts = {
    options,
    store,
    environment,
    clock,
    disk,
    machine,
    cwd,
    root,
    home,
    sessionsFolder,
    tools,
    retry: createRetryPolicy({ clock, ...(options.retries ? { limits: options.retries } : {}) }),
  };
  const converse = async (opened: Outcome<Session>): Promise<Outcome<Conversation>> => {
    if (!opened.ok) return opened;
    const session = opened.value;
    const terms = termsOf(session.state, saidOf(options));
    const own = await modelOf(terms, model.value, options, environment, clock);
    if (own.ok)
      return {
        ok: true,
        value: createConversation({ ...parts, session, terms, model: own.value, policy: createPolicy({ ...rules, mode: terms.mode }).policy }),
      };
    await session.release();
    return own;
  };
  const start = { cwd, root, version };
  const newName = (): SessionId => newId<"session">("s", clock.now());
  return {
    ok: true,
    value: {
      ...place.value,
      model: model.value.reference,
      mode,
      store,
      start: async (name) => converse(await createSession(store, clock, name ?? newName(), start)),
      resume: async (name) => converse(await openSession(store, clock, name, start)),
      fork: async (session, seq, name) =>
        converse(await forkSession(store, clock, name ?? newName(), { session, ...(seq === undefined ? {} : { seq }) }, start)),
    },
  };
}

const saidOf = ({ model, provider, mode, budget, usualBudget = {} }: AgentOptions): Parameters<typeof termsOf>[1] => ({
  model: model !== undefined || provider !== undefined,
  mode,
  budget,
  usualBudget,
});

/** The session's own model where none is named now. */
async function modelOf(
  { model }: Terms,
  usual: ResolvedModel,
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
  if (model === null || model === usual.reference) return { ok: true, value: usual };
  const found = await findModel({ ...options, model }, environment, clock);
  if (found.ok) return found;
  const { code, says, message } = found.error;
  const next = `${message.slice(says.length).trim()} Or go on with another one: --model PROVIDER/NAME.`.trim();
  return { ok: false, error: new BosunError(code, `The session's model is ${model}. ${says}`, { next }) };
}

async function findModel(options: AgentOptions, environment: Readonly<Record<string, string | undefined>>, clock: Clock): Promise<Outcome<ResolvedModel>> {
  const own = options.provider;
  if (own) {
    return {
      ok: true,
      value: {
        provider: own.provider,
        model: own.model,
        reference: `${own.provider.id}/${own.model}`,
        baseUrl: "",
        row: undefined,
        window: own.window,
        maximumOutput: undefined,
        price: own.price ?? (() => undefined),
      },
    };
  }
  return resolveModel({
    environment,
    clock,
    ...(options.model ? { model: options.model } : {}),
    ...(options.providers ? { providers: options.providers } : {}),
    ...(options.idleTimeout ? { limits: { idleMilliseconds: options.idleTimeout } } : {}),
  });
}

interface ConversationParts extends AgentParts {
  readonly session: Session;
  readonly policy: Policy;
  readonly terms: Terms;
  readonly model: ResolvedModel;
}
interface AgentParts {
  readonly options: AgentOptions;
  readonly store: SessionStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly machine: Machine;
  readonly cwd: string;
  readonly root: string;
  readonly home: string;
  readonly sessionsFolder: string;
  readonly tools: Registry;
  readonly retry: RetryPolicy;
}

/** What a reply may have at most when nobody says, and where the catalogue does not know less. */
const usualMaxOutput = 16_384;

function createConversation(parts: ConversationParts): Conversation {
  const { session, clock, options, model, policy, terms, tools } = parts;
  for (const rule of session.state.rules) policy.grant(rule, "session");
  let report: (event: RunEventBody) => void = () => undefined;
  const warn = (code: string, says: string): void => report({ type: "notice", level: "warning", code, says });
  const tree = createTreeLock({
    disk: parts.disk,
    clock,
    folder: join(parts.home, "trees"),
    root: parts.root,
    onUnavailable: (says) => warn("tree-lock", says),
  });
  const clean = cleanEnvironment(parts.environment);
  const shell = startShell(parts, clean, warn);
  const adopted = adoptJobs(session, shell);
  const lacking = [whyNoCommands()].flatMap((says) => says ?? []);
  const world = createWorld(parts, tree, shell, clean);
  const agent: AgentDefinition = {
    name: "main",
    purpose: "does what the person asks for",
    provider: model.provider,
    model: model.model,
    contextWindow: model.window,
    price: model.price,
    cache: { least: model.row?.cache?.minimumTokens ?? 0, life: model.row?.cache?.lifeSeconds ?? 300 },
    maxOutput: Math.min(options.maxOutput ?? usualMaxOutput, model.maximumOutput ?? Number.POSITIVE_INFINITY),
    budget: terms.budget,
    givenBudget: terms.givenBudget,
    tools,
    policy,
    // mode unattended says by its name that nobody is asked
    handler:
      (policy.mode === "unattended" ? undefined : options.handler) ?? createWorkerHandler(policy.mode === "unattended" ? policy.onUnattendedAsk : "await"),
    limits: { turns: options.maxTurns, parallelReads: options.parallelReads ?? 8, identicalCalls: options.identicalCalls ?? 4 },
  };
  let running = false;
  return {
    session,
    model: model.reference,
    mode: policy.mode,
    notices: [...terms.notices, ...lacking, ...adopted],
    send(input, signal = new AbortController().signal) {
      if (running) throw new Error("a run of this conversation is under way: queue the input, or wait for its end");
      running = true;
      const content = typeof input === "string" ? [{ type: "text" as const, text: input }] : input;
      return createChannel<RunEvent, RunEnd>(async (push) => {
        report = (event) => push({ ...event, session: session.id, agents: [agent.name], at: clock.now() });
        const execution: Execution = { agent, world, session, signal, emit: (event) => report(event) };
        try {
          return await run(execution, content);
        } finally {
          running = false;
        }
      });
    },
    keptJobs: () => shell.jobs.views().filter(({ kept, runs }) => kept && runs),
    queue: async (text) => void (await session.append({ type: "input", parts: [{ type: "text", text }] })),
    release: async () => {
      tree.close();
      await shell.close();
      await session.release();
    },
  };
}

type Environment = Readonly<Record<string, string>>;

/** Where the commands of a session have their folders. */
const runsFolder = ({ options, home, sessionsFolder, session }: ConversationParts): string =>
  options.store ? join(home, "runs", session.id) : join(sessionsFolder, session.id, "runs");

/** Commands start where the last one of this session ended; where that folder is gone, in the session's own. */
function startShell(parts: ConversationParts, environment: Environment, warn: (code: string, says: string) => void): Shell {
  const { home, cwd, session, machine } = parts;
  const { state } = session;
  const folder = join(home, "tmp");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cages = createCages(environment["PATH"] ?? "", (says) => warn("no-namespace", says), machine);
  const keep: Session["putBlob"] = async (bytes) => {
    const stored = await session.putBlob(bytes);
    if (!stored.ok) warn("blob-missing", `The whole output of a command is not kept. ${stored.error.message}`);
    return stored;
  };
  const place = { root: parts.root, home: homedir() };
  const isSecret = (path: string) => secretReason(path, place) !== null;
  const shell = createShell({
    cwd,
    environment,
    folder,
    runs: runsFolder(parts),
    cages,
    keep,
    lastJob: lastJobOf(session),
    keepJobs: parts.options.keepJobs === true,
    machine,
    ...setUpSandbox({ ...place, environment, own: home, session: session.id, isSecret, cages, machine }, parts.options.shell ?? {}),
  });
  if (state.shellCwd !== null) shell.enter(state.shellCwd);
  // what is not in the journal keeps its evidence
  session.subscribe((entry) => {
    if (entry.type === "step" && isClosed(entry.change.to)) shell.settled(entry.change.step);
  }, "written");
  session.subscribe((entry) => {
    // what came before the request of this reply was synced with it
    if (entry.type === "reply") shell.durable();
  });
  return shell;
}

function createWorld(parts: ConversationParts, tree: World["tree"], shell: Shell, clean: Environment): World {
  const { session, clock, cwd, root, home, options, disk, machine } = parts;
  const { state } = session;
  const files = withoutLocks(createFiles(disk), realpathSync.native(parts.home));
  const texts = new Map<string, string>();
  const reads: ReadPorts = {
    files,
    seen: { get: (path) => seenOf(session, texts, path) },
    shellCwd: shell.cwd,
    todo: () => todoOf(session),
    sandboxState: shell.sandboxState,
    blob: session.getBlob,
  };
  const environment = () => {
    const branch = findRepository(cwd)?.branch ?? null;
    return renderEnvironment({ cwd, root, platform: process.platform, release: release(), shell: "bash", ...dayOf(clock.now()), branch });
  };
  let nested: ReturnType<typeof nestedInstructions> | undefined;
  return {
    clock,
    cwd,
    root,
    home: homedir(),
    ports: reads,
    tree,
    retry: parts.retry,
    effects: (hooks) => bindEffects({ session, clock, shell, files, texts, clean, machine }, hooks),
    environment,
    shellEvidence: (step) => gatherShellEvidence(step, { runs: runsFolder(parts), root, ripgrep: ripgrepPath, machine }),
    childState: (child) => childState(parts.store, clock, child),
    takeNotes: noteJobs(session, shell, runsFolder(parts), machine),
    renderPrefix: async (tools) => {
      const found = findInstructions({ root, cwd, home });
      const appended = options.appendSystemPrompt === undefined ? {} : { appended: options.appendSystemPrompt };
      const prefix = renderPrefix({
        core: corePrompt(),
        instructions: renderInstructions(found.files),
        environment: environment(),
        tools,
        ...appended,
      });
      return { prefix, loaded: found.loaded, notices: found.notices };
    },
    nestedInstructions: (path) => {
      nested ??= nestedInstructions(root, state.loaded);
      return nested(path);
    },
  };
}

function seenOf(session: Session, texts: ReadonlyMap<string, string>, path: string): ReturnType<ReadPorts["seen"]["get"]> {
  const state = session.state.seen.get(path);
  return state && { state, text: (state.sha256 && texts.get(state.sha256)) || null };
}
