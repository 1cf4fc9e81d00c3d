// docs/cache.md: the table of break vectors and the replay of a recorded session, as a page.
import replay from "../../bench/replay/replay.json" with { type: "json" };
import { type BreakVector, breakVectors } from "../../src/context/index.ts";

export const path = "docs/cache.md";

const cell = (text: string): string => text.replaceAll("|", "\\|");
const vectorRow = ({ number, title, segment, cause, latch, where, kind, asks }: BreakVector): string =>
  `| ${number} | ${[title, segment, cause, latch, where].map(cell).join(" | ")} | ${kind === "held" ? "nothing" : asks ? "named, priced, asked first" : "named, priced"} |`;

type Bill = typeof replay.billed;
const millions = (count: number): string => (count / 1e6).toFixed(2);
const share = ({ read, written, missed }: Bill): string => ((read * 100) / (read + written + missed)).toFixed(1);
const billRow = (name: string, bill: Bill): string =>
  `| ${name} | ${millions(bill.read)} | ${millions(bill.written)} | ${bill.missed} | ${share(bill)} % | ${bill.fullMisses} | ${millions(bill.units)} |`;

export function generate(): string {
  const { billed, fiveMinutes, oneHour, causes, calls } = replay;
  return `# The provider's cache

Generated from src/context/break-vectors.ts and bench/replay/replay.json by \`npm run docs\`; do not edit.

A provider reads again, at a tenth of the price or less, what a request has in common with an earlier one from its beginning on.
So bosun never changes what was sent: it appends.

\`\`\`
[tools, by name ▸1][system: core, project, skills, appended ▸2][environment, first message][conversation … ▸3 … ▸4]
\`\`\`

▸1 to ▸4 are the breakpoints, four at the most: after the tools, after the system text, where the last answered request ended, and
at the end. The third one finds the cache also where a reply with many parallel calls put more blocks between two requests than
the 20 that Anthropic looks back over. All of them have the same life, so an entry of an hour never stands behind one of five minutes.
Tools and system text hold nothing of one place or day: all sessions, and all worktrees, of a repository share them whole.
On OpenAI, \`prompt_cache_key\` is the hash of the session's head, and models from GPT-5.6 on get the breakpoints.
The setting \`cache.keepAlive\` (off by default) sends the last request again for one token while a conversation waits for the person, shortly
before the entry ends: n times, as long as (n + 1) reads cost less than one write. Each is projected, held to every limit and journaled as a
request of purpose \`keep-alive\`. The setting \`cache.life\` "1h" asks Anthropic to keep what is written for an hour, at 2 times the price of input instead of 1.25.

## What a request says

Before it is sent, its segments are compared with those of the last answered request. The first one that differs is the break;
the journal (\`cache\` of the request line) and the event \`context-assembled\` hold its number in the table below, its cause in words (which
model, which server's tools, which file), the tokens that have to be written again and what that costs more than reading them. After the reply
(\`cache\` of the reply line, event \`turn-end\`) the provider's own count says what became of it:

| verdict | meaning |
|---|---|
| first | nothing was sent before |
| small | the prompt before was below the least that this model caches |
| kept | what was known was read |
| changed | we changed the prompt: the break that was told |
| expired | the bytes are the same, but by our clock too much time had passed |
| evicted | neither: the provider had dropped it |
| unreported | its count is missing, or it never reported a cache in this session |

A break that a person can still take back (marked "asked first") is asked about in a conversation, with its price, and is not sent
when the answer is no. With -p it is sent, and said. \`bosun cache ID\` draws a session: a bar for each request, of what was
read, written and neither, with the breaks between them; \`--json\` gives the same as one object.

## Break vectors

| | what happens | segment | what would break | what keeps it | where (src/) | what it breaks |
|---|---|---|---|---|---|---|
${breakVectors.map(vectorRow).join("\n")}

test/agent/break-vectors.test.ts toggles each of them once in a script of about a hundred turns and compares what was sent byte for
byte and by the scripted server's bill. test/agent/break-mutations.ts takes each latch out of a copy of the sources (\`npm run test:long\`):
the vector's own test fails, and no other.

## A recorded session

${calls} calls of another agent (pi) to Claude Opus 4.5, with the provider's own counts; beside it what bosun's layout is billed for
the same prompts at the same times, by the published rules. In millions of tokens; a full miss is a request that read nothing though
the one before had left something. Cost: a token that is neither read nor written counts 1, a read 0.1, a write 1.25 (2 for an hour).

| | read | written | neither (tokens) | read share | full misses | cost |
|---|---|---|---|---|---|---|
${billRow("as it was billed", billed)}
${billRow("bosun's layout", fiveMinutes)}
${billRow("bosun's layout, `cache.life` 1h", oneHour)}

What is left of misses in bosun's layout: ${causes.compaction} by compaction, ${causes.thinking} by thinking that was set otherwise, ${causes.expired} after more than five minutes.
The head is taken as not cached by itself there: it is below the least of that model (4,096 tokens). \`node bench/replay/main.ts TRANSCRIPT\` makes the figures anew.
`;
}
