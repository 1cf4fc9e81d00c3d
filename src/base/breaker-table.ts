// Every breaker there is, with its limits: the users take theirs from here, and so does docs/breakers.md (npm run docs).

export interface BreakerRow {
  /** What is counted, and what makes the count begin anew. */
  readonly counts: string;
  /** That many in a row open it; null: not counted. `setting`: the key that says another number. */
  readonly failures: number | null;
  readonly setting?: string;
  /** After that one trial is let through; null: it stays open. */
  readonly coolDownMilliseconds: number | null;
  readonly whenOpen: string;
  readonly saves: string;
  /** Absent: it is there. */
  readonly missing?: string;
}

export const breakerTable = {
  "retries": {
    counts: "attempts at one model call that failed in a way that trying again can help (overloaded, rate-limited, network; malformed at most 3)",
    failures: 6,
    coolDownMilliseconds: null,
    whenOpen:
      "the call is given up, also when 120 seconds have passed or the provider asks to wait longer; a model of `fallback` is asked if it was overloaded",
    saves: "the next attempt",
  },
  "model": {
    counts: "calls of one model that failed so, in a row, over all sessions of the process; a reply begins anew",
    failures: 10,
    coolDownMilliseconds: 60_000,
    whenOpen: "nothing is sent to this model: a model of `fallback` is asked in its place if it was overloaded, else the run ends",
    saves: "every turn that would have asked it",
  },
  "identical-calls": {
    counts: "the same call with the same input and the same result, in a row; another call or a word of the person begins anew",
    failures: 4,
    setting: "limits.identicalCalls",
    coolDownMilliseconds: null,
    whenOpen: "the run ends; the next one counts anew",
    saves: "the turn that would have followed, at what the last one cost",
  },
  "spend-per-minute": {
    counts:
      "US dollars spent by the session within the last 60 seconds, with what is held for open calls and the most the next one may cost; none unless `limits.usdPerMinute` is set",
    failures: null,
    setting: "limits.usdPerMinute",
    coolDownMilliseconds: null,
    whenOpen: "the run ends before the call is sent; a later run may go on as the minute passes",
    saves: "the call that was not sent",
  },
  "classifier": {
    counts: "questions to the classifier of mode auto that failed, in a row; an answer begins anew",
    failures: 3,
    coolDownMilliseconds: 60_000,
    whenOpen: "it is not asked: the call goes to the person, or is denied where nobody is there",
    saves: "every question that is not put to it",
  },
  "plugin": {
    counts: "ends of a plugin's process that nobody asked for, within 5 minutes",
    failures: 3,
    coolDownMilliseconds: 300_000,
    whenOpen: "it is not started again; its calls fail with the reason",
    saves: "starts of its process",
  },
  "compaction": {
    counts: "compactions that failed or freed less than 10 %",
    failures: 3,
    coolDownMilliseconds: null,
    whenOpen: "the oldest is dropped, or the run ends",
    saves: "the compaction's own model call",
    missing: "there is no compaction yet",
  },
  "hooks": {
    counts: "runs of one hook that failed",
    failures: 3,
    coolDownMilliseconds: 300_000,
    whenOpen: "the hook is not run",
    saves: "runs of the hook",
    missing: "there are no hooks yet",
  },
} as const satisfies Readonly<Record<string, BreakerRow>>;

export type BreakerName = keyof typeof breakerTable;
