// The views that audits ask: names that stay, over tables that may change. `bosun sql`, docs/audit.md and
// docs/audit.schema.json go by this table, and the views are made from it.

export type ColumnType = "text" | "integer" | "real";

export interface ViewColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** True: may be null. */
  readonly open?: true;
  readonly says: string;
  /** Where it comes from; absent: the column of the same name of the view's own table. */
  readonly from?: string;
}
export interface AuditView {
  readonly name: string;
  readonly says: string;
  readonly columns: readonly ViewColumn[];
  /** What follows FROM; `row` is the view's own table. */
  readonly source: string;
}

const text = (name: string, says: string, from?: string): ViewColumn => ({ name, type: "text", says, ...(from === undefined ? {} : { from }) });
const integer = (name: string, says: string, from?: string): ViewColumn => ({ name, type: "integer", says, ...(from === undefined ? {} : { from }) });
const real = (name: string, says: string, from?: string): ViewColumn => ({ name, type: "real", says, ...(from === undefined ? {} : { from }) });
const open = (column: ViewColumn): ViewColumn => ({ ...column, open: true });

const isoOf = (column: string): string => `strftime('%Y-%m-%dT%H:%M:%fZ', ${column} / 1000.0, 'unixepoch')`;

/** Views join nothing: SQLite goes through a join also where none of its columns are asked for. */
const place: readonly ViewColumn[] = [
  text("project", "Name of the project's folder in $BOSUN_HOME/projects.", "row.project"),
  text("session", "Name of the session.", "row.name"),
  integer("seq", "Line of the journal it stands in, from 0."),
  integer("ts", "Time of that line, milliseconds since 1970."),
  text("at", "The same as text: 2026-01-31T12:00:00.000Z.", isoOf("row.ts")),
];
const ofCall = (column: string): string => `(SELECT made.${column} FROM call_rows AS made WHERE made.session = row.session AND made.step = row.step)`;
const call: readonly ViewColumn[] = [
  text("step", "Name of the step: one call on its way."),
  text("call", "Name that the model gave the call."),
  text("tool", "The tool that was called."),
];
const tokens: readonly ViewColumn[] = [
  integer("input", "Tokens of input that no cache held."),
  integer("output", "Tokens of output."),
  integer("cache_read", "Tokens read from the provider's cache."),
  integer("cache_write", "Tokens written to it."),
];
const asked: readonly ViewColumn[] = [
  text("model_request", "Name of the model call.", "row.request"),
  text("purpose", "turn: the conversation; else what it was made for, such as classifier."),
  text("provider", "Who was asked."),
  text("model", "Name of the model there."),
  integer("attempt", "Which attempt it was, from 1."),
  text("outcome", "How the reply ended, the class of the failure, or open: never answered."),
  real("usd", "What is counted for it, US dollars; an open one counts at its worst case."),
  real("worst_usd", "What was reserved."),
  real("expected_usd", "What was expected."),
  integer("confirmed", "1: by the provider's own count of tokens."),
  ...tokens,
  open(integer("milliseconds", "From asking to the whole answer.")),
];

export const auditViews: readonly AuditView[] = [
  {
    name: "sessions",
    says: "One row for each session.",
    source: "session_rows AS row",
    columns: [
      text("project", "Name of the project's folder in $BOSUN_HOME/projects."),
      text("session", "Name of the session.", "row.id"),
      text("folder", "Its folder."),
      text("root", "Root of the project it worked in."),
      text("cwd", "The working folder."),
      text("branch", "The git branch, as the model was last told; empty: none."),
      text("title", "The first prompt or the title that was given, shortened."),
      text("model", "provider/name of the last turn."),
      text("mode", "The permission mode that was last set; empty: ask."),
      text("version", "The bosun that began it."),
      integer("ts", "Time of the first line, milliseconds since 1970.", "row.created"),
      text("at", "The same as text.", isoOf("row.created")),
      integer("ended", "Time of the last line, milliseconds since 1970."),
      text("ended_at", "The same as text.", isoOf("row.ended")),
      open(text("end", "Why the last run ended; open: it has no end; empty: none began.")),
      integer("turns", "Replies of the model in the conversation."),
      real("usd", "Settled cost, US dollars."),
      real("unconfirmed_usd", "Worst case of model calls that were never answered."),
      integer("tokens", "Tokens that were counted, in and out."),
      ...tokens,
      integer("gaps", "Places where the journal is not whole."),
      integer("lines", "Lines of the journal."),
      integer("bytes", "Bytes of the journal."),
      open(text("problem", "Why the journal cannot be read.")),
    ],
  },
  {
    name: "turns",
    says: "One row for each model call of a conversation.",
    source: "request_rows AS row WHERE row.purpose = 'turn'",
    columns: [
      ...place,
      integer("turn", "Number of the turn in its session, from 1; attempts of one turn share it."),
      ...asked.filter(({ name }) => name !== "purpose"),
      integer(
        "calls",
        "Calls in the reply that could be understood.",
        "(SELECT count(*) FROM call_rows AS made WHERE made.session = row.session AND made.request = row.request)",
      ),
    ],
  },
  {
    name: "calls",
    says: "One row for each tool call that was planned.",
    source: "call_rows AS row",
    columns: [
      ...place,
      ...call,
      text("model_request", "The model call that asked for it.", "row.request"),
      text("input", "Its arguments as JSON, redacted, shortened."),
      text("state", "planned, awaiting-approval, executing, done, failed, denied, cancelled, unknown or reconciled."),
      open(text("effect", "Class of the effect, once it began: none, read, file, shell, external or agent.")),
      open(text("verdict", "Of one that a crash cut off: applied, not-applied, partly, conflict or unknown.")),
      open(integer("failed", "1: its result says that it failed.")),
      open(integer("milliseconds", "From the beginning of its effect to its end.")),
      open(integer("result_characters", "Length of the text of its result.")),
    ],
  },
  {
    name: "decisions",
    says: "One row for each decision about a call.",
    source: "decision_rows AS row",
    columns: [
      ...place,
      ...call,
      open(text("request", "The arguments of the call as JSON, redacted, shortened.", ofCall("input"))),
      open(text("model_request", "The model call that asked for it.", ofCall("request"))),
      text("subject", "What was at stake, in one line: a path, a command, a host. Redacted, shortened."),
      open(text("effect", "What the tool may do at most: none, read, write, execute, network or agent.")),
      text("effects", "What was found that it would do, in words; the view effects has a row for each."),
      text("verdict", "allow or deny."),
      text("decider", "Who or what decided: rule, mode, tier, pool, fact, shell-check, analysis, classifier, person, coordinator or worker."),
      open(text("rule", "The rule that decided, and where it stands.")),
      open(integer("check_number", "The check of shell commands that decided.")),
      text("reason", "Why, in words."),
      open(text("asked_by", "Where it had to be asked: what asked, as in decider.")),
      open(text("asked", "Why it had to be asked; null: it did not.")),
      open(text("answered_by", "The user of the machine who answered, where the answer came from another process.")),
      open(integer("span_start", "Where the place in the subject begins that decided, in UTF-16 units of the text as it was.")),
      open(integer("span_end", "Where it ends.")),
      integer("milliseconds", "From the question to the answer; 0: nobody was asked."),
      open(real("judged_milliseconds", "For facts and ruling.")),
      text("holds", "call, session or project: for how long."),
      open(text("granted", "The rule that the answer granted.")),
      text("mode", "The permission mode."),
      text("agents", "The path of agents, from the top one to the one that called; empty: the session's own."),
      text("tier", "Where the tool comes from: builtin, plugin or skill."),
      open(text("origin", "Which plugin or skill it is.")),
      open(text("profile", "The sandbox of a command: read-only, workspace or open.")),
      open(text("sandbox", "Why no sandbox could be made.")),
      open(text("classifier_model", "The model that a classifier asked.")),
      open(text("classifier_outcome", "allow, deny, no-verdict or unavailable.")),
      open(text("classifier_says", "What it said.")),
      open(text("classifier_risk", "The class of risk it saw.")),
      open(real("classifier_usd", "What that cost, US dollars.")),
      open(integer("classifier_milliseconds", "How long it took.")),
    ],
  },
  {
    name: "effects",
    says: "What each call was found to do before it ran (foreseen), and which files it said it would change (intent).",
    source: "effect_rows AS row",
    columns: [
      ...place,
      ...call,
      text("stage", "foreseen: found when it was judged. intent: recorded just before it was carried out."),
      text("kind", "reads, writes, runs, network, repository, unknown; of an intent writes."),
      open(text("path", "Absolute, links resolved.")),
      open(text("says", "What runs, or the host.")),
      integer("deep", "1: and all below it."),
      integer("outside", "1: not in the project."),
      open(text("before_sha256", "Of an intent: what stood in the file; absent: there was none.")),
      open(text("after_sha256", "Of an intent: what will stand there; null: not known beforehand.")),
      open(integer("span_start", "Where it stands in the command, in UTF-16 units.")),
      open(integer("span_end", "Where that ends.")),
    ],
  },
  {
    name: "costs",
    says: "One row for each model call, whatever it was made for.",
    source: "request_rows AS row",
    columns: [...place, ...asked],
  },
  {
    name: "cache",
    says: "What became of the provider's cache: one row for each model call of a conversation (docs/cache.md).",
    source: "request_rows AS row WHERE row.purpose = 'turn'",
    columns: [
      ...place,
      integer("turn", "Number of the turn in its session, from 1; attempts of one turn share it."),
      ...asked.filter(({ name }) => ["model_request", "provider", "model", "attempt", "outcome"].includes(name)),
      integer("read_tokens", "Tokens of input that were read from the cache.", "row.cache_read"),
      integer("written_tokens", "Tokens that were written to it.", "row.cache_write"),
      integer("missed_tokens", "Tokens that were neither.", "row.input"),
      open(text("state", "What was foreseen: first, small, warm, expired or broken; null: nothing was recorded.", "row.cache_state")),
      open(integer("known_tokens", "Tokens that the request before left in the cache.")),
      open(integer("warm_tokens", "How many of them this one should have read.")),
      open(text("segment", "The first segment that differs; null: no break was foreseen.", "row.broken_segment")),
      open(integer("vector", "Number of the break vector.", "row.broken_vector")),
      open(text("cause", "What did it, in words. Redacted, shortened.", "row.broken_cause")),
      open(integer("lost_tokens", "Tokens that were foreseen to be written again because of it.")),
      open(real("lost_usd", "What that was foreseen to cost, US dollars; null also where the price is not known.")),
      open(text("also", "Further segments that differ, with commas between.", "row.broken_also")),
      open(text("verdict", "By the provider's count: first, small, kept, changed, expired, evicted or unreported.", "row.cache_verdict")),
      open(integer("verdict_tokens", "Tokens that were known and were not read.")),
      open(real("verdict_usd", "What that cost, US dollars; null also where the price is not known.")),
    ],
  },
];

/** CREATE VIEW for all of them. */
export const viewStatements: string = auditViews
  .map(
    ({ name, columns, source }) =>
      `CREATE VIEW ${name} AS SELECT ${columns.map((column) => `${column.from ?? `row.${column.name}`} AS ${column.name}`).join(", ")} FROM ${source};`,
  )
  .join("\n");
