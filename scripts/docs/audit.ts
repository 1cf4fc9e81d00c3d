// docs/audit.md: the views of src/session/audit-views.ts as a page.
import { auditViews, type ViewColumn } from "../../src/session/index.ts";

export const path = "docs/audit.md";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const row = ({ name, type, open, says }: ViewColumn): string => `| \`${name}\` | ${type}${open ? " or null" : ""} | ${cell(says)} |`;

export function generate(): string {
  const views = auditViews.map(
    ({ name, says, columns }) => `### ${name}\n\n${says}\n\n| column | type | what |\n|---|---|---|\n${columns.map(row).join("\n")}`,
  );
  return `# Audit

Generated from src/session/audit-views.ts by \`npm run docs\`; do not edit.

Every decision about a call is a line of its session's journal: who or what decided, by which rule or check, on what facts,
how long it took. The journal is private and to the letter. What is told of it here comes from an index of all journals,
\`$BOSUN_HOME/index.db\`, in which secrets are taken out and long texts are cut; it may be deleted at any time and is made again
with the same rows. Each command below first reads what changed since the last time, and only the sessions that did.

\`\`\`sh
bosun audit --verdict deny --since 1h --json     # decisions: one JSON object a line, docs/audit.schema.json
bosun audit --by person --tool bash --all        # a table, over all projects
bosun audit --check 73 --csv                     # what one check of shell commands decided
bosun why CALL                                   # the whole story of one call in words
bosun sql "select decider, count(*) from decisions group by 1"
bosun sql                                        # the views and their columns
bosun audit verify --all                         # whether the journals are what was written
bosun policy test --policy other.json --since 7d # past calls, judged by other rules
\`\`\`

\`--session\`, \`--project\` and \`--all\` say whose decisions; without one of them it is those of this project. In CSV, text that a
spreadsheet would take for a formula has an apostrophe in front.

## sql

One SELECT (also WITH, VALUES, EXPLAIN) over the views below. It can change nothing: the file is opened read-only, and whatever
is no reading of a view is refused (other tables, ATTACH, PRAGMA, extensions). A thousand rows at most (\`--limit\`), thirty seconds at most
(\`--seconds\`; it runs in a process that is ended then). \`--stale\` asks the index as it is. Numbers beyond 2^53 come as text, bytes
as hexadecimal. \`json_each\` and \`json_tree\` are there.

\`\`\`sh
bosun sql "select tool, verdict, count(*) n from decisions group by 1, 2 order by n desc"
bosun sql "select at, subject, reason from decisions where verdict = 'deny' and decider = 'person' order by ts desc" --limit 20
bosun sql "select rule, count(*) n from decisions where decider = 'rule' group by 1 order by n desc"
bosun sql "select subject, milliseconds / 1000.0 s from decisions where asked is not null order by s desc" --limit 10
bosun sql "select date(at) day, purpose, round(sum(usd), 4) usd from costs group by 1, 2 order by 1"
bosun sql "select at, session, segment, cause, lost_tokens, verdict, verdict_usd from cache where vector is not null order by ts desc"
bosun sql "select path, count(*) n from effects where kind = 'writes' and outside = 1 group by 1 order by n desc"
bosun sql "select t.turn, t.usd, c.tool, c.state from turns t join calls c using (project, session, model_request)"
\`\`\`

## verify

\`bosun audit verify [ID …]\` walks each journal: every line's checksum, its number, and the hash of the line before that it
carries; payloads that stand outside the journal by their own hash. It then compares the line that was the last one when the
index read the journal with the line that stands there now: a journal that was rewritten as a whole, chain and all, differs there, and the
index keeps that in mind from then on. The first line that does not fit is named. Exit code 8 when a journal was changed.
A journal whose first line names another session than its folder was put in another one's place, and counts as changed. Folders
of sessions that can't be looked into (another user's) count as unreadable: a check that saw nothing of them does not pass.
What the index remembers of a session goes with the session: one that is removed, indexed as gone and put back is checked by its
chain alone.

What a crash leaves is told apart: bytes at the end that are no whole line are a torn write, and no tampering; repairs are
lines of the journal and are listed. Lines that were there when they were indexed and are missing at the end now count as
tampering, since a cut and a loss of power look the same. Whoever can rewrite a journal can also delete the index: keep copies
elsewhere if that matters. A session that the index has not read yet is checked by its chain alone, and that is said.

## policy test

\`--policy FILE\` is a settings file, or its permissions part alone (\`{"allow": [...], "ask": [...], "deny": [...]}\`). Each recorded
call is judged again on the facts that were found then, in the mode of then unless the file names one. A call that was asked
for counts as asked, whatever the answer was. What the gate adds in a running session is not replayed: skills in force, a missing sandbox,
repeats of a call whose effect is unknown.

## Views

${views.join("\n\n")}
`;
}
