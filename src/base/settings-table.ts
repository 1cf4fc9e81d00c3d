// Every key of the settings files: what it may be, what it does, what holds without it, and what a project may say of it.
// Validation, docs/settings.md and docs/settings.schema.json come from this table (npm run docs).

export type SettingKind =
  | { readonly kind: "text"; readonly pattern?: RegExp; readonly form?: string }
  | { readonly kind: "choice"; readonly among: readonly string[] }
  /** `least`: smallest value. */
  | { readonly kind: "number"; readonly least: number; readonly whole: boolean }
  | { readonly kind: "flag" }
  | { readonly kind: "list"; readonly items: string };

export interface Setting {
  readonly type: SettingKind;
  readonly says: string;
  readonly default?: string | number | boolean;
  /** What a project that isn't trusted may do with it: nothing, add to the list, or lower the number. */
  readonly project: "nothing" | "adds" | "lowers";
  /** Only the managed settings say it. */
  readonly managed?: true;
}

const text = { kind: "text" } as const;
const address = { kind: "text", pattern: /^https?:\/\/[^\s/]+/i, form: "an http or https address" } as const;
const variable = { kind: "text", pattern: /^[A-Za-z_]\w*$/, form: "the name of an environment variable (never the key itself)" } as const;
const rules = { kind: "list", items: 'rules such as "bash(git log *)"' } as const;
const verdict = { kind: "choice", among: ["allow", "ask", "deny"] } as const;
const count = (least: number) => ({ kind: "number", least, whole: true }) as const;

export const settingsTable = {
  "model": { type: text, says: "The model, as provider/name; without it, the first provider that has a key or answers on loopback.", project: "nothing" },
  "fallback": {
    type: { kind: "list", items: 'models, as "provider/name"' },
    says: "Models that are asked in this order for a turn whose own model stays overloaded or rate-limited after its retries; never after a refusal or for want of budget.",
    project: "nothing",
  },
  "effort": {
    type: { kind: "choice", among: ["minimal", "low", "medium", "high"] },
    says: "How much a model thinks before it answers; without it, the model's own default. A session keeps what it began with: change it there with --effort or /effort.",
    project: "nothing",
  },
  "providers.anthropic.baseUrl": { type: address, says: "Where the Anthropic API is, without /v1.", project: "nothing" },
  "providers.anthropic.keyEnvironment": {
    type: variable,
    says: "The environment variable that holds its key.",
    default: "ANTHROPIC_API_KEY",
    project: "nothing",
  },
  "providers.openai.baseUrl": { type: address, says: "Where the OpenAI-compatible API is, with /v1.", project: "nothing" },
  "providers.openai.keyEnvironment": { type: variable, says: "The environment variable that holds its key.", default: "OPENAI_API_KEY", project: "nothing" },
  "providers.openai.wire": {
    type: { kind: "choice", among: ["responses", "chat"] },
    says: "Which of OpenAI's protocols is spoken; without it, Responses with OpenAI itself, else Chat completions. A session keeps the one it began with unless this says another.",
    project: "nothing",
  },
  "providers.gemini.baseUrl": { type: address, says: "Where the Gemini API is, with or without /v1beta.", project: "nothing" },
  "providers.gemini.keyEnvironment": {
    type: variable,
    says: "The environment variable that holds its key; without it, GEMINI_API_KEY or GOOGLE_API_KEY.",
    project: "nothing",
  },
  "providers.local.baseUrl": {
    type: address,
    says: "Where the local server is, with /v1; without it, the usual loopback ports are tried.",
    project: "nothing",
  },
  "providers.local.keyEnvironment": { type: variable, says: "The environment variable that holds its key, if it wants one.", project: "nothing" },
  "permissions.mode": {
    type: { kind: "choice", among: ["plan", "ask", "accept-edits", "auto", "unattended", "bypass"] },
    says: "What is allowed without asking when no rule says it.",
    default: "ask",
    project: "nothing",
  },
  "permissions.allow": { type: rules, says: "Calls that run without asking.", project: "nothing" },
  "permissions.ask": { type: rules, says: "Calls that are asked for although a rule or the mode allows them.", project: "adds" },
  "permissions.deny": { type: rules, says: "Calls that never run. They win over everything else.", project: "adds" },
  "permissions.managedRulesOnly": {
    type: { kind: "flag" },
    says: 'In the managed settings: of allow rules only theirs count, neither those of other files nor what a person says with "always".',
    default: false,
    project: "nothing",
    managed: true,
  },
  "permissions.disableBypass": {
    type: { kind: "flag" },
    says: "In the managed settings: the mode bypass is not to be had.",
    default: false,
    project: "nothing",
    managed: true,
  },
  "permissions.onUnattendedAsk": {
    type: { kind: "choice", among: ["deny", "await"] },
    says: "In mode unattended, what becomes of a call that would be asked for: denied, or the run ends and waits for an answer.",
    default: "deny",
    project: "nothing",
  },
  "approvals.waitSeconds": {
    type: { kind: "number", least: 0, whole: false },
    says: "Where nobody is there to be asked: how long a question waits for an answer by `bosun approvals`, in seconds. After that, as without it.",
    default: 0,
    project: "nothing",
  },
  "classifier.model": {
    type: text,
    says: "The model that judges calls in mode auto, as provider/name; without it, the small one of the same provider, or the session's own.",
    project: "nothing",
  },
  "classifier.timeoutSeconds": {
    type: { kind: "number", least: 1, whole: false },
    says: "How long the classifier of mode auto may take for one call, in seconds; after that the call is asked for.",
    default: 10,
    project: "nothing",
  },
  "budget.usd": { type: { kind: "number", least: 0, whole: false }, says: "The most a session may spend, in US dollars.", project: "lowers" },
  "budget.tokens": { type: count(1), says: "The most tokens a session may use, input and output together.", project: "lowers" },
  "budget.turns": { type: count(1), says: "The most model replies in a session.", project: "lowers" },
  "budget.seconds": { type: { kind: "number", least: 1, whole: false }, says: "The longest a session may work, in seconds.", project: "lowers" },
  "budget.project.usd": {
    type: { kind: "number", least: 0, whole: false },
    says: "The most all sessions of the project may spend together, in US dollars.",
    project: "lowers",
  },
  "budget.project.tokens": { type: count(1), says: "The most tokens all sessions of the project may use together.", project: "lowers" },
  "budget.day.usd": {
    type: { kind: "number", least: 0, whole: false },
    says: "The most all sessions of all projects may spend in one day, in US dollars.",
    project: "lowers",
  },
  "budget.day.tokens": { type: count(1), says: "The most tokens all sessions of all projects may use in one day.", project: "lowers" },
  "limits.maxOutput": { type: count(256), says: "The most tokens of one reply; without it, what the model's row in the catalogue says.", project: "lowers" },
  "limits.parallelReads": { type: count(1), says: "How many calls that only read run at once.", default: 8, project: "lowers" },
  "limits.identicalCalls": {
    type: count(2),
    says: "How often in a row the same call with the same result may come before the run ends.",
    default: 4,
    project: "lowers",
  },
  "limits.usdPerMinute": {
    type: { kind: "number", least: 0, whole: false },
    says: "The most a session may spend within a minute, in US dollars; a call that could exceed it ends the run before it is sent.",
    project: "lowers",
  },
  "limits.toolTokens": {
    type: count(0),
    says: "How many tokens of tool definitions stand at the beginning of a session, by estimate; the tools beyond that are found through `find_tool`.",
    default: 12_000,
    project: "lowers",
  },
  "limits.idleSeconds": {
    type: { kind: "number", least: 1, whole: false },
    says: "How long a model may be silent in the middle of a reply, in seconds.",
    default: 120,
    project: "nothing",
  },
  "cache.life": {
    type: { kind: "choice", among: ["5m", "1h"] },
    says: "How long the provider shall keep what it caches, where it can be told: Anthropic, for which an hour costs 2 times the input to write and five minutes 1.25 times.",
    default: "5m",
    project: "nothing",
  },
  "cache.keepAlive": {
    type: { kind: "flag" },
    says: "Whether a conversation that waits for you asks the model for one token now and then, so that the provider does not forget its prompt; as often as that is cheaper than sending it anew.",
    default: false,
    project: "nothing",
  },
  "jobs.keep": {
    type: { kind: "flag" },
    says: "Whether commands that bosun starts in the background go on when the session ends. `bosun sessions jobs` lists and ends them.",
    default: false,
    project: "nothing",
  },
  "shell.outside": { type: verdict, says: "What becomes of a command that reads outside the project.", default: "ask", project: "nothing" },
  "shell.secrets": {
    type: verdict,
    says: "What becomes of a command that reads a file which may hold secrets, such as .env or a private key.",
    default: "ask",
    project: "nothing",
  },
  "shell.repositories": {
    type: verdict,
    says: "What becomes of git in another repository than the project's own, or in one whose settings run programs.",
    default: "ask",
    project: "nothing",
  },
  "shell.protected": {
    type: verdict,
    says: "What becomes of a command that writes a protected file, such as git's hooks or CI files. No rule allows it.",
    default: "ask",
    project: "nothing",
  },
  "shell.allowChecks": {
    type: { kind: "list", items: "numbers of checks, as texts" },
    says: "Checks whose commands are asked for and not denied outright, in every mode; `bosun checks` lists them.",
    project: "nothing",
  },
  "shell.sandbox": {
    type: { kind: "choice", among: ["on", "off"] },
    says: "Whether commands run in a sandbox. Off is said in every decision.",
    default: "on",
    project: "nothing",
  },
  "shell.network": {
    type: { kind: "choice", among: ["on", "off"] },
    says: "Whether commands in the workspace sandbox have the network. Those that were proved to read only never have it.",
    default: "on",
    project: "nothing",
  },
  "shell.domains": {
    type: { kind: "list", items: 'domains such as "registry.npmjs.org" or "*.github.com"' },
    says: "The domains that commands in the workspace sandbox may reach, and no others. It needs @anthropic-ai/sandbox-runtime, which you install yourself.",
    project: "nothing",
  },
  "shell.writable": {
    type: { kind: "list", items: "absolute paths of folders, or paths from ~/" },
    says: "Folders that commands in the workspace sandbox may write besides the project, /tmp and the caches of package managers.",
    project: "nothing",
  },
  "shell.withoutSandbox": {
    type: { kind: "choice", among: ["refuse", "ask", "run"] },
    says: "What the modes that ask nobody do with a command where no sandbox can be made: refuse it, ask for it, or run it all the same.",
    default: "refuse",
    project: "nothing",
  },
  "shell.onTimeout": {
    type: { kind: "choice", among: ["stop", "background"] },
    says: "What becomes of a command when its time is over: it is ended, or it goes on as a job.",
    default: "stop",
    project: "nothing",
  },
  "shell.keepExports": {
    type: { kind: "list", items: "names of variables" },
    says: "Exported variables that carry over to the next command. Names that change which programs run are never kept.",
    project: "nothing",
  },
  "shell.processes": {
    type: count(16),
    says: "The most processes and threads of one command. Root is not limited.",
    default: 4096,
    project: "lowers",
  },
  "shell.memoryMegabytes": {
    type: count(1024),
    says: "The most memory of each process of a command, in MiB; without it there is no limit, but commands are what the system ends first when memory is short.",
    project: "lowers",
  },
  "shell.fileMegabytes": { type: count(1), says: "The largest file that a command may write, in MiB.", default: 16_384, project: "lowers" },
  "shell.openFiles": { type: count(256), says: "How many files each process of a command may have open.", default: 65_536, project: "lowers" },
  "trust": {
    type: { kind: "list", items: "absolute paths of projects" },
    says: "Projects whose own settings count like yours, beside those that `bosun trust` recorded. Others can only narrow: add deny and ask rules, lower a budget.",
    project: "nothing",
  },
} as const satisfies Readonly<Record<string, Setting>>;

export type SettingName = keyof typeof settingsTable;
type ValueOf<Each extends Setting> = Each["type"] extends { readonly kind: "choice"; readonly among: readonly (infer Choice)[] }
  ? Choice
  : Each["type"] extends { readonly kind: "number" }
    ? number
    : Each["type"] extends { readonly kind: "flag" }
      ? boolean
      : Each["type"] extends { readonly kind: "list" }
        ? readonly string[]
        : string;
type Always<Each extends Setting> = Each extends { readonly default: string | number | boolean }
  ? true
  : Each["type"] extends { readonly kind: "list" }
    ? true
    : false;
/** Flat: `settings["limits.parallelReads"]`. Lists and keys with a default are always there. */
export type Settings = {
  readonly [Name in SettingName as Always<(typeof settingsTable)[Name]> extends true ? Name : never]: ValueOf<(typeof settingsTable)[Name]>;
} & { readonly [Name in SettingName as Always<(typeof settingsTable)[Name]> extends true ? never : Name]?: ValueOf<(typeof settingsTable)[Name]> };

/** What the value may be, in words. */
export function formOf(type: SettingKind): string {
  switch (type.kind) {
    case "text":
      return type.form ?? "a text";
    case "choice":
      return `one of ${type.among.map((choice) => JSON.stringify(choice)).join(", ")}`;
    case "number":
      return `a ${type.whole ? "whole " : ""}number from ${type.least} up`;
    case "flag":
      return "true or false";
    case "list":
      return `a list of texts: ${type.items}`;
  }
}
