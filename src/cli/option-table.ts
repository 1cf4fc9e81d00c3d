// Every option of the command, once. Parsing, `--help` and docs/cli.md come from this table.

export type OptionKind =
  | { readonly kind: "flag" }
  /** `optional`: may stand without a value, which is then "". */
  | { readonly kind: "text"; readonly optional?: true }
  | { readonly kind: "list" }
  | { readonly kind: "choice"; readonly among: readonly string[] }
  /** `least`: smallest value. */
  | { readonly kind: "number"; readonly least: number; readonly whole: boolean };

export interface Option {
  readonly type: OptionKind;
  readonly short?: string;
  /** What stands for the value in help. */
  readonly placeholder?: string;
  readonly says: string;
  /** Commands that take it; "" is bosun without a command. Absent: all. */
  readonly of?: readonly string[];
}

const flag = { kind: "flag" } as const;
const text = { kind: "text" } as const;
const list = { kind: "list" } as const;
const run = [""] as const;

export const optionTable = {
  "print": { type: flag, short: "p", of: run, says: "Answer one prompt and exit. Text on stdin is added to the prompt, or is the prompt." },
  "output-format": {
    type: { kind: "choice", among: ["text", "json", "stream-json"] },
    placeholder: "FORMAT",
    of: run,
    says: "With -p: text (the answer alone), json (one object at the end) or stream-json (each event as one line).",
  },
  "model": { type: text, short: "m", placeholder: "PROVIDER/NAME", of: ["", "eval"], says: "The model; `bosun models` lists them." },
  "effort": {
    type: { kind: "choice", among: ["minimal", "low", "medium", "high"] },
    placeholder: "LEVEL",
    of: run,
    says: "How much the model thinks before it answers; the session keeps it.",
  },
  "permission-mode": {
    type: { kind: "choice", among: ["plan", "ask", "accept-edits", "auto", "unattended", "bypass"] },
    placeholder: "MODE",
    of: run,
    says: "What is allowed without asking when no rule says it.",
  },
  "allowed-tools": {
    type: list,
    placeholder: "RULES",
    of: run,
    says: 'What runs without asking: tools or rules, for example "edit bash(npm test)". Separated by commas or blanks; repeatable.',
  },
  "disallowed-tools": {
    type: list,
    placeholder: "RULES",
    of: run,
    says: "What never runs. A tool named alone is not even offered to the model. Repeatable.",
  },
  "max-turns": { type: { kind: "number", least: 1, whole: true }, placeholder: "N", of: run, says: "The most replies of the model in this run." },
  "max-budget-usd": { type: { kind: "number", least: 0, whole: false }, placeholder: "USD", of: run, says: "The most the session may spend." },
  "max-project-usd": {
    type: { kind: "number", least: 0, whole: false },
    placeholder: "USD",
    of: run,
    says: "The most all sessions of this project may spend together.",
  },
  "max-day-usd": {
    type: { kind: "number", least: 0, whole: false },
    placeholder: "USD",
    of: run,
    says: "The most all sessions of all projects may spend in one day.",
  },
  "resume": {
    type: { kind: "text", optional: true },
    short: "r",
    placeholder: "ID",
    of: run,
    says: "Continue this session; the beginning of its ID is enough. Without a prompt: where it stopped. Without an ID, on a terminal: choose one from a list.",
  },
  "continue": { type: flag, short: "c", of: run, says: "Continue the project's latest session." },
  "fork": {
    type: flag,
    of: run,
    says: "With --resume or --continue: leave that session as it is, and go on from its last line in a new one.",
  },
  "fork-at": {
    type: { kind: "number", least: 0, whole: true },
    placeholder: "LINE",
    of: run,
    says: "As --fork, from this line of the journal; `bosun sessions show ID` numbers them.",
  },
  "session-id": { type: text, placeholder: "ID", of: run, says: "The name of the new session." },
  "append-system-prompt": { type: text, placeholder: "TEXT", of: run, says: "Added to the system prompt of a new session." },
  "keep-jobs": {
    type: flag,
    of: run,
    says: "Commands that are started in the background go on when the session ends; `bosun sessions jobs` lists and ends them.",
  },
  "cwd": { type: text, placeholder: "FOLDER", says: "Work in this folder." },
  "verbose": { type: flag, of: run, says: "Say each event as a line on stderr." },
  "search": { type: text, placeholder: "TEXT", of: ["sessions"], says: "With list: only sessions in which these words occur." },
  "all": { type: flag, of: ["sessions", "approvals", "audit", "why", "policy"], says: "The sessions of all projects." },
  "end": {
    type: text,
    placeholder: "JOB",
    of: ["sessions"],
    says: "With jobs ID: end this one, or all. They are asked first and killed two seconds later.",
  },
  "older-than": {
    type: text,
    placeholder: "TIME",
    of: ["sessions"],
    says: "With gc: sessions not touched for so long, for example 30d, 12h or 6w. Default: 30d.",
  },
  "larger-than": {
    type: text,
    placeholder: "SIZE",
    of: ["sessions"],
    says: "With gc: the oldest ones until all together are no larger, for example 500MB or 1GB.",
  },
  "yes": {
    type: flag,
    of: ["sessions", "plugins"],
    says: "With sessions gc: delete; without it, it is only said what would be. With plugins add and approve: approve without being asked.",
  },
  "format": {
    type: { kind: "choice", among: ["markdown", "json"] },
    placeholder: "FORMAT",
    of: ["sessions"],
    says: "With export: markdown or json.",
  },
  "rule": {
    type: text,
    placeholder: "RULE",
    of: ["approvals", "audit"],
    says: "With allow: and from now on in this session what this rule allows, for example 'bash(npm test)'. With audit: only what rules decided whose text holds this.",
  },
  "always": {
    type: flag,
    of: ["approvals"],
    says: "With allow: and from now on in this session what the narrowest rule allows, which `approvals show` names.",
  },
  "session": {
    type: { kind: "text", optional: true },
    placeholder: "ID",
    of: ["approvals", "audit", "why", "policy"],
    says: "Only this session; the beginning of its ID is enough. With approvals allow, without an ID: holds for the session; with no --rule the same as --always.",
  },
  "for-project": {
    type: flag,
    of: ["approvals"],
    says: "With allow: the rule is written into the project's settings, if the project is trusted; with no --rule the narrowest one.",
  },
  "input": {
    type: text,
    placeholder: "JSON",
    of: ["approvals"],
    says: "With allow: this input in place of the model's. It is judged anew when the session goes on, and the model is told.",
  },
  "open": { type: flag, of: ["approvals"], says: "With allow, of a command: run it without a sandbox." },
  "port": { type: { kind: "number", least: 0, whole: true }, placeholder: "N", of: ["model-server"], says: "The port; without it, one that is free." },
  "mode": {
    type: { kind: "choice", among: ["plan", "ask", "accept-edits", "auto", "unattended", "bypass"] },
    placeholder: "MODE",
    of: ["explain", "audit"],
    says: "Judge as in this mode; without it, as the settings say. With audit: only decisions made in it.",
  },
  "for": {
    type: { kind: "choice", among: ["plan", "ask", "accept-edits", "auto", "unattended", "bypass"] },
    placeholder: "MODE",
    of: ["tools"],
    says: "As in this mode; without it, as the settings say.",
  },
  "no": { type: flag, of: ["trust"], says: "Record that the project is not trusted, so that it is not asked." },
  "forget": { type: flag, of: ["trust"], says: "Forget what was recorded of the project: it is asked again." },
  "list": { type: flag, of: ["trust"], says: "List what was recorded." },
  "json": {
    type: flag,
    of: ["trust", "models", "explain", "checks", "plugins", "approvals", "tools", "eval", "audit", "sql", "why", "policy", "skills", "cache", "cost"],
    says: "Print JSON: one object, or one a line for each row.",
  },
  "prices": { type: flag, of: ["models"], says: "What each model costs, with the source and the day of each row; your own prices.json wins." },
  "csv": { type: flag, of: ["audit", "sql"], says: "Print CSV, the names of the columns first." },
  "verdict": { type: { kind: "choice", among: ["allow", "deny"] }, placeholder: "VERDICT", of: ["audit"], says: "Only what was decided so: allow or deny." },
  "by": {
    type: {
      kind: "choice",
      among: ["rule", "mode", "tier", "pool", "fact", "shell-check", "analysis", "classifier", "person", "coordinator", "worker"],
    },
    placeholder: "DECIDER",
    of: ["audit"],
    says: "Only what this decided.",
  },
  "tool": { type: text, placeholder: "NAME", of: ["audit"], says: "Only calls of this tool." },
  "agent": {
    type: text,
    placeholder: "NAME",
    of: ["tools", "audit"],
    says: "With tools: as for this kind of agent, main, explore, plan, verify or implement; without it, for main. With audit: only calls that this agent made, or one below it.",
  },
  "check": {
    type: { kind: "number", least: 1, whole: true },
    placeholder: "N",
    of: ["audit"],
    says: "Only what this check of shell commands decided.",
  },
  "since": {
    type: text,
    placeholder: "TIME",
    of: ["audit", "policy"],
    says: "Only from then on: 30m, 1h, 2d or 3w ago, a date or a time such as 2026-01-31T12:00.",
  },
  "until": { type: text, placeholder: "TIME", of: ["audit"], says: "Only before then, said as --since." },
  "project": {
    type: text,
    placeholder: "NAME",
    of: ["audit", "policy"],
    says: "Only sessions of this project: its root, or the name of its folder in $BOSUN_HOME/projects.",
  },
  "limit": {
    type: { kind: "number", least: 1, whole: true },
    placeholder: "N",
    of: ["audit", "sql", "eval"],
    says: "At most so many rows: 100 of an audit, 1000 of sql; with eval all calls, or so many spread over the files.",
  },
  "seconds": {
    type: { kind: "number", least: 0, whole: false },
    placeholder: "N",
    of: ["sql"],
    says: "The longest a statement may take; 0: as long as it does. Default: 30.",
  },
  "stale": { type: flag, of: ["audit", "sql"], says: "Ask the index as it is, without reading what was written since." },
  "policy": { type: text, placeholder: "FILE", of: ["policy"], says: "A settings file, or its permissions part alone." },
  "jsonl": {
    type: flag,
    of: ["explain"],
    says: 'Read rows {"id", "command", "cwd"} from stdin and print a row for each: mode ask, no settings of anybody.',
  },
  "set": { type: list, placeholder: "FILES", of: ["eval"], says: "Files of labelled calls, JSON lines; without it, those that come with bosun. Repeatable." },
  "help": { type: flag, short: "h", says: "Print this help." },
  "version": { type: flag, short: "V", of: run, says: "Print the version." },
} as const satisfies Readonly<Record<string, Option>>;

export type OptionName = keyof typeof optionTable;
type ValueOf<Each extends Option> = Each["type"] extends { readonly kind: "flag" }
  ? true
  : Each["type"] extends { readonly kind: "choice"; readonly among: readonly (infer Choice)[] }
    ? Choice
    : Each["type"] extends { readonly kind: "number" }
      ? number
      : Each["type"] extends { readonly kind: "list" }
        ? readonly string[]
        : string;
export type Options = { readonly [Name in OptionName]?: ValueOf<(typeof optionTable)[Name]> };

/** `--model PROVIDER/NAME` and so on, with the short form in front. */
export function optionForm(name: string, option: Option): string {
  const long = `--${name}${option.placeholder === undefined ? "" : ` ${option.placeholder}`}`;
  return option.short === undefined ? long : `-${option.short}, ${long}`;
}

/** Options that a command takes ("" is bosun without one), in the order of the table. */
export function optionsOf(command: string): readonly (readonly [name: string, option: Option])[] {
  return Object.entries(optionTable as Readonly<Record<string, Option>>).filter(([, option]) => option.of === undefined || option.of.includes(command));
}
