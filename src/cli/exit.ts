// How the process ends: one number for each kind of end. docs/cli.md is generated from this table.
import type { ErrorCode } from "../base/index.ts";
import type { RunEnd } from "../session/index.ts";

export const exitTable = {
  answered: { code: 0, says: "The model answered, or the command did what it was asked." },
  internal: { code: 1, says: "A bug in bosun. The message says what to report." },
  usage: {
    code: 2,
    says: "The command line or the configuration: an unknown option, model or session, malformed settings, no key and no server, a folder that can't be read.",
  },
  budget: { code: 3, says: "The next model call does not fit the budget. It was not sent." },
  turns: { code: 4, says: "The limit of replies (`--max-turns`) was reached." },
  awaiting: { code: 5, says: "Somebody has to decide about a call. Continue with `--resume` where somebody can." },
  refused: { code: 6, says: "The model refused to answer." },
  model: { code: 7, says: "The model could not be called, or its replies could not be used." },
  session: { code: 8, says: "The session or its journal: busy, missing, damaged, disk full." },
  stopped: { code: 9, says: "Stopped by a breaker (the same call again and again, a failing model), or the context is exhausted." },
  interrupted: { code: 130, says: "Interrupted with Ctrl-C or SIGTERM. The session can be continued." },
} as const;

export type ExitCode = (typeof exitTable)[keyof typeof exitTable]["code"];

export function exitOfEnd(end: RunEnd): ExitCode {
  switch (end.reason) {
    case "answered":
      return exitTable.answered.code;
    case "budget":
      return exitTable.budget.code;
    case "turns":
      return exitTable.turns.code;
    case "awaiting":
      return exitTable.awaiting.code;
    case "refused":
      return exitTable.refused.code;
    case "model-error":
      return exitTable.model.code;
    case "journal":
    case "lost-lease":
      return exitTable.session.code;
    case "breaker":
    case "context-exhausted":
      return exitTable.stopped.code;
    case "aborted":
      return exitTable.interrupted.code;
  }
}

export function exitOfError(code: ErrorCode): ExitCode {
  switch (code) {
    case "usage":
    case "settings-malformed":
    case "model-unknown":
    case "model-missing":
    case "key-missing":
    case "folder-unreadable":
    case "script-malformed":
    case "session-ambiguous":
    case "plugin-refused":
      return exitTable.usage.code;
    case "session-busy":
    case "lease-lost":
    case "session-missing":
    case "session-exists":
    case "session-newer":
    case "journal-damaged":
    case "journal-failed":
    case "lock-unavailable":
    case "index-failed":
    case "blob-missing":
    case "file-changed":
    case "file-failed":
      return exitTable.session.code;
  }
}
