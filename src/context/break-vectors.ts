// Everything that is known to break a provider's prompt cache: a table. docs/cache.md and the tests go by it.
// A vector either has a latch (the place in the sources that keeps it from breaking anything) or is meant: then the
// break is named, priced, and asked for first where a person is there.

export interface BreakVector {
  readonly number: number;
  readonly title: string;
  /** Which segment differs when it breaks; "none": the bytes are the same and the cache is gone or not found. */
  readonly segment:
    | "model"
    | "effort"
    | "thinking"
    | "images"
    | "tools"
    | "core"
    | "project"
    | "skills"
    | "appended"
    | "environment"
    | "history"
    | "key"
    | "none";
  /** What comes of it where nothing holds it. */
  readonly cause: string;
  /** What keeps it from happening, or from going unseen. */
  readonly latch: string;
  /** Where that stands, from src/. */
  readonly where: string;
  /** "meant": a person wants what breaks it. "held": it breaks nothing. */
  readonly kind: "held" | "meant";
  /** A person who is there is asked first, with the price. */
  readonly asks: boolean;
}

type Row = Omit<BreakVector, "number" | "kind" | "asks">;
const held = (row: Row): Omit<BreakVector, "number"> => ({ ...row, kind: "held", asks: false });
const meant = (row: Row, asks: boolean): Omit<BreakVector, "number"> => ({ ...row, kind: "meant", asks });

const rows = [
  held({
    title: "order of tools",
    segment: "tools",
    cause: "Tools come in the order in which they were found, and that differs from start to start.",
    latch: "Tools stand in the order of their names.",
    where: "context/prefix.ts",
  }),
  held({
    title: "a plugin's server comes, goes or changes its tools",
    segment: "tools",
    cause: "The list of tools in the head is made anew.",
    latch: "The list is rendered once and journaled. What comes later is told in a note and called through find_tool; what is gone stays listed and fails.",
    where: "agent/input.ts, agent/deferred.ts",
  }),
  held({
    title: "a tool's description holds live data",
    segment: "tools",
    cause: "A folder, a date or a list in a description differs between sessions and between days.",
    latch: "Descriptions are constants; what a tool is shown as is a function of its own text alone.",
    where: "context/prefix.ts",
  }),
  held({
    title: "a rule denies a whole tool",
    segment: "tools",
    cause: "The tool is taken out of the list.",
    latch: "The list stays; the gate refuses the call. New sessions begin without the tool.",
    where: "context/assemble.ts, agent/gate.ts",
  }),
  held({
    title: "the date",
    segment: "environment",
    cause: "A date or a time in the head is rendered again.",
    latch: "The head holds the day on which the session began, after all that sessions share; another day is told in a note.",
    where: "context/assemble.ts, agent/input.ts",
  }),
  held({
    title: "working folder, git branch, file list",
    segment: "environment",
    cause: "What the session stands in changes while it works.",
    latch: "As for the date: rendered once, after all that worktrees share; a change is told in a note.",
    where: "context/assemble.ts, agent/input.ts",
  }),
  held({
    title: "AGENTS.md is edited",
    segment: "project",
    cause: "Project instructions are read anew.",
    latch: "Rendered once and journaled; the session keeps what it began with. Those of folders touched later come as notes.",
    where: "agent/input.ts",
  }),
  held({
    title: "the list of skills changes",
    segment: "skills",
    cause: "A skill comes, goes, or is described otherwise.",
    latch: "Titles are rendered once and journaled; a skill's text comes with the call that opens it.",
    where: "agent/input.ts",
  }),
  held({
    title: "permission mode",
    segment: "core",
    cause: "The system text says what is allowed.",
    latch: "No mode stands in the prompt: the gate holds it, and refusals say it.",
    where: "context/assemble.ts",
  }),
  held({
    title: "plan mode",
    segment: "tools",
    cause: "Tools that change something are taken out while planning.",
    latch: "The same tools in every mode of a session; the gate refuses.",
    where: "context/assemble.ts",
  }),
  meant(
    {
      title: "another model",
      segment: "model",
      cause: "Each model has its own cache: the whole conversation is written again.",
      latch: "Named and priced before it is sent.",
      where: "context/segments.ts",
    },
    true,
  ),
  meant(
    {
      title: "thinking on, off, or with another budget (Anthropic)",
      segment: "thinking",
      cause: "The conversation is written again; tools and system stay.",
      latch: "Set once for a session; a change is named and priced before it is sent.",
      where: "context/cache-parameters.ts",
    },
    true,
  ),
  meant(
    {
      title: "effort (OpenAI)",
      segment: "effort",
      cause: "Effort is a part of the key: everything is written again. On Anthropic a level costs nothing.",
      latch: "Set once for a session; a change is named and priced before it is sent.",
      where: "context/cache-parameters.ts",
    },
    true,
  ),
  held({
    title: "beta headers",
    segment: "key",
    cause: "A header that comes and goes is a part of the key.",
    latch: "Headers are fixed when the provider is made, the same for every request.",
    where: "model/adapters/anthropic.ts",
  }),
  held({
    title: "tool_choice",
    segment: "key",
    cause: "Forcing or forbidding a call writes the conversation again.",
    latch: "It is never sent; what must be said is said in a message.",
    where: "model/adapters/anthropic-body.ts",
  }),
  meant(
    {
      title: "the first image (Anthropic)",
      segment: "images",
      cause: "A conversation without images and one with images have different keys: the first one writes it again.",
      latch: "Named and priced. An image is encoded once, its bytes are journaled, and none is taken out or made smaller later.",
      where: "context/cache-parameters.ts, context/history.ts",
    },
    false,
  ),
  held({
    title: "a message rendered again",
    segment: "history",
    cause: "Order of keys, numbers, odd characters or a second cut of a long result after a resume.",
    latch: "What was rendered is what is stored, and keys keep the order in which they came.",
    where: "session/line.ts",
  }),
  meant(
    {
      title: "compaction",
      segment: "history",
      cause: "What stands in the place of older messages is new.",
      latch: "A line of the journal; named with its strategy, and priced.",
      where: "context/segments.ts",
    },
    false,
  ),
  held({
    title: "more than 20 blocks in one turn",
    segment: "none",
    cause: "A provider looks back over 20 blocks for what it knows; many parallel calls put more between two requests.",
    latch: "A breakpoint stands where the last answered request ended.",
    where: "context/assemble.ts",
  }),
  held({
    title: "another head after an upgrade or with other settings",
    segment: "core",
    cause: "The system text of this version, or --append-system-prompt, is not what the session began with.",
    latch: "The head is journaled and replayed to the byte.",
    where: "agent/input.ts",
  }),
  held({
    title: "key of routing (OpenAI)",
    segment: "key",
    cause: "Requests of one session with different keys reach machines that do not know its prefix.",
    latch: "prompt_cache_key is the hash of the journaled head.",
    where: "context/assemble.ts",
  }),
  held({
    title: "a fork",
    segment: "core",
    cause: "A forked session renders a head of its own.",
    latch: "It inherits its origin's, with the hashes of what the origin sent last.",
    where: "session/fold.ts",
  }),
  held({
    title: "time without a request",
    segment: "none",
    cause: "The provider forgets after minutes; nothing of the request differs.",
    latch: 'Told from a break by our own clock. `cache.life` "1h" keeps it longer, at a dearer write.',
    where: "context/forecast.ts",
  }),
  meant(
    {
      title: "tools loaded anew because the person asked for it",
      segment: "tools",
      cause: "The head is rendered again in a session that has one.",
      latch: "Named with the tools that differ and the server they are of, and priced.",
      where: "context/forecast.ts",
    },
    true,
  ),
] as const;

export const breakVectors: readonly BreakVector[] = rows.map((row, index) => ({ number: index + 1, ...row }));

/** Its number by its title: titles are unique. */
export function vectorNamed(title: (typeof rows)[number]["title"]): BreakVector {
  const found = breakVectors.find((vector) => vector.title === title);
  if (!found) throw new Error(`no break vector "${title}"`);
  return found;
}
