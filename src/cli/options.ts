// From the command line and the settings files to what an agent is made of.
import { BosunError, type LoadedSettings, loadSettings, type Outcome, type Settings } from "../base/index.ts";
import { type Agent, type AgentOptions, type ConfirmBreak, createAgent, findPlace, type Place } from "../index.ts";
import type { Handler } from "../permissions/index.ts";
import { builtinTools, nearest } from "../tools/index.ts";
import type { Options } from "./option-table.ts";

export interface Prepared {
  readonly agent: Agent;
  readonly settings: LoadedSettings;
  /** What was said and does not count, one sentence each. */
  readonly notices: readonly string[];
}

/** Asks whether the project is trusted, where that would change something; true when it was answered and recorded. */
export type AskTrust = (loaded: LoadedSettings, place: Place) => Promise<boolean>;

/** `person`: settles what has to be asked, if somebody is there; `confirmBreak`: asks them before a break of the cache. */
export async function prepareAgent(
  options: Options,
  environment: Readonly<Record<string, string | undefined>>,
  person: Handler | undefined,
  askTrust?: AskTrust,
  confirmBreak?: ConfirmBreak,
): Promise<Outcome<Prepared>> {
  const unknown = unknownTool([...(options["allowed-tools"] ?? []), ...(options["disallowed-tools"] ?? [])]);
  if (unknown) return { ok: false, error: unknown };
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, environment);
  if (!place.ok) return place;
  const load = () => loadSettings({ root: place.value.root, home: place.value.home, flags: flagsOf(options) });
  let loaded = await load();
  if (askTrust !== undefined && loaded.ok && loaded.value.trust === "unsaid") {
    const answered: Promise<boolean> = askTrust(loaded.value, place.value);
    if (await answered) loaded = await load();
  }
  if (!loaded.ok) return loaded;
  const agent = await createAgent({
    ...fromSettings(loaded.value),
    cwd: place.value.cwd,
    home: place.value.home,
    environment,
    ...(options["max-turns"] === undefined ? {} : { maxTurns: options["max-turns"] }),
    ...(options["append-system-prompt"] === undefined ? {} : { appendSystemPrompt: options["append-system-prompt"] }),
    ...(person === undefined ? {} : { handler: person }),
    ...(confirmBreak === undefined ? {} : { confirmBreak }),
  });
  return agent.ok ? { ok: true, value: { agent: agent.value, settings: loaded.value, notices: loaded.value.notices } } : agent;
}

/** Options that are settings too: given on the command line they win. */
function flagsOf(options: Options): Partial<Settings> {
  return withoutUndefined({
    "model": options.model,
    "effort": options.effort,
    "permissions.mode": options["permission-mode"],
    "permissions.allow": options["allowed-tools"],
    "permissions.deny": options["disallowed-tools"],
    "budget.usd": options["max-budget-usd"],
    "budget.project.usd": options["max-project-usd"],
    "budget.day.usd": options["max-day-usd"],
    "jobs.keep": options["keep-jobs"],
  });
}

export function fromSettings(loaded: LoadedSettings): AgentOptions {
  const { settings, rules, origins, trusted } = loaded;
  const provider = (name: "anthropic" | "openai" | "gemini" | "local") =>
    withoutUndefined({
      baseUrl: settings[`providers.${name}.baseUrl`],
      keyName: settings[`providers.${name}.keyEnvironment`],
      wire: name === "openai" ? settings["providers.openai.wire"] : undefined,
    });
  const given = origins["budget.usd"] === "the command line";
  // A rule that denies a tool as such takes it from the session: the model is not shown what it may never use.
  const withoutTools = rules.filter(({ text, verdict }) => verdict === "deny" && isName(text)).map(({ text }) => text.toLowerCase());
  return {
    providers: { anthropic: provider("anthropic"), openai: provider("openai"), gemini: provider("gemini"), local: provider("local") },
    rules,
    withoutTools,
    skills: { trusted },
    onUnattendedAsk: settings["permissions.onUnattendedAsk"],
    answerWait: settings["approvals.waitSeconds"],
    // what the command line says of a session stands in it; what the settings say holds as long as they do
    ...(given ? { budget: withoutUndefined({ usd: settings["budget.usd"] }) } : {}),
    usualBudget: withoutUndefined({
      usd: given ? undefined : settings["budget.usd"],
      tokens: settings["budget.tokens"],
      turns: settings["budget.turns"],
      seconds: settings["budget.seconds"],
    }),
    sharedBudget: {
      project: withoutUndefined({ usd: settings["budget.project.usd"], tokens: settings["budget.project.tokens"] }),
      day: withoutUndefined({ usd: settings["budget.day.usd"], tokens: settings["budget.day.tokens"] }),
    },
    parallelReads: settings["limits.parallelReads"],
    identicalCalls: settings["limits.identicalCalls"],
    toolTokens: settings["limits.toolTokens"],
    keepJobs: settings["jobs.keep"],
    cacheLife: settings["cache.life"],
    keepAlive: settings["cache.keepAlive"],
    commands: commandPolicy(settings),
    classifier: withoutUndefined({ model: settings["classifier.model"], timeout: settings["classifier.timeoutSeconds"] }),
    shell: {
      network: settings["shell.network"],
      domains: settings["shell.domains"],
      writable: settings["shell.writable"],
      onTimeout: settings["shell.onTimeout"],
      keepExports: settings["shell.keepExports"],
      bounds: withoutUndefined({
        processes: settings["shell.processes"],
        memory: settings["shell.memoryMegabytes"],
        file: settings["shell.fileMegabytes"],
        openFiles: settings["shell.openFiles"],
      }),
    },
    fallback: settings.fallback,
    idleTimeout: settings["limits.idleSeconds"] * 1000,
    ...withoutUndefined({
      // a default is nobody's word: a resumed session's own mode comes before it
      mode: origins["permissions.mode"] === undefined ? undefined : settings["permissions.mode"],
      ...byOrigin(loaded),
      usdPerMinute: settings["limits.usdPerMinute"],
      maxOutput: settings["limits.maxOutput"],
    }),
  };
}

/** What the command line names holds for the session; what the settings name, for one that has said nothing itself. */
const byOrigin = ({ settings, origins }: LoadedSettings) => ({
  [origins.model === "the command line" ? "model" : "usualModel"]: settings.model,
  [origins.effort === "the command line" ? "effort" : "usualEffort"]: settings.effort,
});

/** What the settings say of commands, for the judge. */
export function commandPolicy(settings: Settings): NonNullable<AgentOptions["commands"]> {
  return {
    classes: {
      outside: settings["shell.outside"],
      secret: settings["shell.secrets"],
      repository: settings["shell.repositories"],
      protected: settings["shell.protected"],
    },
    allowChecks: new Set(settings["shell.allowChecks"].map(Number)),
    withoutSandbox: settings["shell.withoutSandbox"],
    open: settings["shell.sandbox"] === "off",
    managedRulesOnly: settings["permissions.managedRulesOnly"],
  };
}

const isName = (rule: string): boolean => /^[\w-]+$/.test(rule);

/** A misspelt tool in a list of what may run, or must not, would be a rule that never matches. */
function unknownTool(rules: readonly string[]): BosunError | null {
  const names = builtinTools.map(({ name }) => name);
  for (const rule of rules) {
    const tool = (/^[^(]*/.exec(rule)?.[0] ?? "").toLowerCase();
    // which tools plugins have is known once these are looked for
    if (names.includes(tool) || !isName(tool) || tool.includes("__")) continue;
    const [near] = nearest(tool, names, 1);
    const next = near === undefined ? `The tools are ${names.join(", ")}.` : `Did you mean "${near}"? The tools are ${names.join(", ")}.`;
    return new BosunError("usage", `There is no tool "${tool}".`, { next });
  }
  return null;
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> };
const withoutUndefined = <Fields extends object>(fields: Fields): Present<Fields> =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<Fields>;
