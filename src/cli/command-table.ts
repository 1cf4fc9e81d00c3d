// The commands by name: one line each, and how they are called. program.ts loads them.
export interface CommandEntry {
  readonly summary: string;
  /** Forms to call it, without "bosun". */
  readonly usage: readonly string[];
}

/** "" is bosun without a command. */
export const commandTable = {
  "": {
    summary: "Answers one prompt (-p), or holds a conversation.",
    usage: ['-p "PROMPT" [OPTIONS]', "[OPTIONS]", "COMMAND [ARGUMENTS]"],
  },
  "sessions": {
    summary: "Lists, searches, shows, exports and clears away sessions, and what they left running.",
    usage: [
      "sessions [list] [--all] [--search TEXT]",
      "sessions show ID",
      "sessions log ID",
      "sessions export ID [--format markdown|json]",
      "sessions jobs [ID] [--all] [--end JOB|all]",
      "sessions gc [--older-than TIME] [--larger-than SIZE] [--yes]",
    ],
  },
  "approvals": {
    summary: "Lists and answers the calls that sessions wait for a decision about, from any process.",
    usage: [
      "approvals [list] [--all] [--json]",
      "approvals show ID [--all] [--json]",
      "approvals allow ID [--rule RULE | --always] [--session | --for-project] [--input JSON] [--open] [--all]",
      "approvals deny ID [WORDS] [--all]",
    ],
  },
  "audit": {
    summary: "Lists decisions: what was asked, who allowed or denied it, and why. Or verifies that journals are as they were written.",
    usage: ["audit [FILTERS] [--json | --csv]", "audit verify [ID …] [--all] [--json]"],
  },
  "cost": {
    summary: "Says what each model call of a session was projected to cost and what it did, and how good the projections were.",
    usage: ["cost ID [--json]"],
  },
  "cache": {
    summary: "Draws what the provider's cache held of each request of a session, what broke it, and at what price.",
    usage: ["cache ID [--json]"],
  },
  "sql": {
    summary: "Asks the index with one SELECT; without one, lists the views and their columns.",
    usage: ["sql", "sql 'SELECT …' [--json | --csv] [--limit N] [--seconds N]"],
  },
  "why": {
    summary: "Tells the whole story of one call: who asked for it, who decided, what ran, how it ended.",
    usage: ["why CALL [--session ID] [--all] [--json]"],
  },
  "policy": {
    summary: "Judges the calls of past sessions by other rules: what would now be allowed, asked, denied. Changes nothing.",
    usage: ["policy test --policy FILE [--since TIME] [--session ID] [--all] [--json]"],
  },
  "models": {
    summary: "Lists models, what each can do, which of them can be used here, and what they cost.",
    usage: ["models [--json]", "models --prices [--json]"],
  },
  "doctor": { summary: "Says what works here and what is missing.", usage: ["doctor"] },
  "explain": {
    summary: "Says what would become of a shell command, decided by whom and why. Runs nothing.",
    usage: ["explain 'COMMAND' [--mode MODE] [--json]", "explain --jsonl < ROWS"],
  },
  "trust": {
    summary: "Says that a project's own settings and skills count, or that they don't; lists what was said.",
    usage: ["trust [PATH] [--json]", "trust [PATH] --no [--json]", "trust [PATH] --forget [--json]", "trust --list [--json]"],
  },
  "tools": {
    summary: "Lists the tools that a session here would have, and why each other one is absent. Runs nothing.",
    usage: ["tools [--for MODE] [--agent TYPE] [--json]"],
  },
  "skills": {
    summary: "Lists the skills of this place and why others are not used, shows one, or checks a folder by the standard.",
    usage: ["skills [list] [--json]", "skills show NAME [--json]", "skills check PATH [--json]"],
  },
  "eval": {
    summary: "Puts labelled calls to a classifier and counts its verdicts, what they cost and how long they took.",
    usage: ["eval classifier --model PROVIDER/NAME [--set FILES] [--limit N] [--json]"],
  },
  "checks": { summary: "Lists the checks that shell commands pass, or explains one.", usage: ["checks [ID] [--json]"] },
  "plugins": {
    summary: "Lists plugins and what each tier may do; adds, approves, shows and removes them. Runs nothing of them.",
    usage: [
      "plugins [list] [--json]",
      "plugins add PATH [--yes] [--json]",
      "plugins approve ID [--yes] [--json]",
      "plugins show ID [--json]",
      "plugins remove ID [--json]",
    ],
  },
  "demo": { summary: "Shows an agent fixing a real bug; needs no key.", usage: ["demo"] },
  "model-server": { summary: "Serves a scripted model over HTTP, for tests.", usage: ["model-server SCRIPT [--port N]"] },
  "help": { summary: "Explains bosun or one command.", usage: ["help [COMMAND]"] },
} as const satisfies Readonly<Record<string, CommandEntry>>;

export type CommandName = keyof typeof commandTable;
export const isCommand = (name: string): name is CommandName => name !== "" && Object.hasOwn(commandTable, name);
export const commandNames: readonly CommandName[] = (Object.keys(commandTable) as CommandName[]).filter((name) => name !== "");
