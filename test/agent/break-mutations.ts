// The latch of each break vector, taken out of a copy of the sources: its part of test/agent/break-vectors.test.ts fails, and no other.
export interface BreakMutation {
  /** Title of the vector. */
  readonly vector: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const latch = `  if (session.state.prefix) return;\n`;
/** Renders a part of the head again on every turn, in the session's own words for the rest. */
const renderedAgain = (changed: string): string => `  const old = session.state.prefix;
  if (old) {
    const fresh = (await world.renderPrefix(agent.pool.head)).prefix;
    const next = ${changed};
    if (JSON.stringify(next) !== JSON.stringify(old)) await session.append({ type: "prefix", prefix: next, loaded: [] });
    void fresh;
    return;
  }\n`;
const blockAgain = (name: string): string =>
  renderedAgain(`{ ...old, system: [...old.system.filter((block) => block.name !== "${name}"), ...fresh.system.filter((block) => block.name === "${name}")] }`);
const input = "src/agent/input.ts";
const assemble = "src/context/assemble.ts";
const parameters = "src/context/cache-parameters.ts";
const prefixOfState = `  const { prefix } = state;\n`;
const lineAgain = (pattern: string): string =>
  `  const prefix = state.prefix && { ...state.prefix, environment: state.prefix.environment.replace(${pattern}, (line) => ${pattern}.exec(state.environment ?? "")?.[0] ?? line) };\n`;
const tools = "      tools: prefix.tools,\n";

export const breakMutations: readonly BreakMutation[] = [
  {
    vector: "order of tools",
    file: "src/context/prefix.ts",
    from: `\n    .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));`,
    to: ";",
  },
  {
    vector: "a plugin's server comes, goes or changes its tools",
    file: input,
    from: latch,
    // the tools of one server, which has the tool "come"
    to: renderedAgain('{ ...old, tools: [...old.tools.filter(({ name }) => name !== "come"), ...fresh.tools.filter(({ name }) => name === "come")] }'),
  },
  {
    vector: "a tool's description holds live data",
    file: "src/context/prefix.ts",
    from: "({ name, description, input }) => ({ name, description, input })",
    to: "({ name, description, input }) => ({ name, description: `$" + "{description} $" + "{parts.environment}`, input })",
  },
  {
    vector: "a rule denies a whole tool",
    file: input,
    from: latch,
    to: renderedAgain(
      "{ ...old, tools: old.tools.filter(({ name }) => !agent.policy.rules.deny.some((rule) => rule.specifier === null && rule.text === name)) }",
    ),
  },
  { vector: "the date", file: assemble, from: prefixOfState, to: lineAgain("/^Date: .*$/m") },
  { vector: "working folder, git branch, file list", file: assemble, from: prefixOfState, to: lineAgain("/^Git branch: .*$/m") },
  { vector: "AGENTS.md is edited", file: input, from: latch, to: blockAgain("project") },
  { vector: "the list of skills changes", file: input, from: latch, to: blockAgain("skills") },
  {
    vector: "permission mode",
    file: assemble,
    from: "      system: head.system,\n",
    to: `      system: state.settings.get("mode") === "accept-edits" ? [...head.system, { text: "Edits need no permission.", cache: false }] : head.system,\n`,
  },
  {
    vector: "plan mode",
    file: assemble,
    from: tools,
    to: `      tools: state.settings.get("mode") === "plan" ? prefix.tools.filter(({ name }) => name !== "bash") : prefix.tools,\n`,
  },
  {
    vector: "another model",
    file: "src/context/segments.ts",
    from: "sha256(JSON.stringify([provider, model]))",
    to: "sha256(String(provider.length + model.length < 0))",
  },
  { vector: "thinking on, off, or with another budget (Anthropic)", file: parameters, from: "conversation: [...thinks, ...", to: "conversation: [..." },
  {
    vector: "effort (OpenAI)",
    file: parameters,
    from: `if (provider === "openai") return effort === undefined ? nothing :`,
    to: `if (provider === "openai") return effort !== "none" ? nothing :`,
  },
  {
    vector: "beta headers",
    file: "src/model/adapters/anthropic.ts",
    from: "        headers,\n",
    to: `        headers: request.messages.length > 40 ? { ...headers, "anthropic-beta": "later-2026" } : headers,\n`,
  },
  {
    vector: "tool_choice",
    file: "src/model/adapters/anthropic-body.ts",
    from: '    `"stream":true`,\n',
    to: '    ...(JSON.stringify(request.messages.at(-1)).includes("cut off at the output limit") ? [`"tool_choice":{"type":"any"}`] : []),\n    `"stream":true`,\n',
  },
  { vector: "the first image (Anthropic)", file: parameters, from: `...(images ? [parameter("images", "some")] : [])`, to: "" },
  {
    vector: "a message rendered again",
    file: "src/session/line.ts",
    from: "entry: entry as unknown as Entry, blob",
    to: `entry: (entry["type"] !== "reply" ? entry : JSON.parse(JSON.stringify(entry), (_key, value) => (value && typeof value === "object" && !Array.isArray(value) && "z" in value ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))) : value))) as unknown as Entry, blob`,
  },
  { vector: "compaction", file: "src/session/fold.ts", from: "  state.compacted = entry.strategy;\n", to: "" },
  {
    vector: "more than 20 blocks in one turn",
    file: assemble,
    from: "answered === null ? blocksBefore(history, end) : carrier(history.messages, answered)",
    to: "blocksBefore(history, end)",
  },
  { vector: "another head after an upgrade or with other settings", file: input, from: latch, to: blockAgain("appended") },
  { vector: "key of routing (OpenAI)", file: assemble, from: "cacheKey: head.key,", to: "cacheKey: sha256(String(length))," },
  {
    vector: "a fork",
    file: "src/session/fold.ts",
    from: "  Object.assign(state, { prefix, pool:",
    to: "  Object.assign(state, { prefix: prefix && { ...prefix, tools: [...prefix.tools].reverse() }, pool:",
  },
  { vector: "time without a request", file: "src/context/forecast.ts", from: "facts.age >= facts.life", to: "facts.age < 0" },
  { vector: "tools loaded anew because the person asked for it", file: "src/session/fold.ts", from: "      state.formerPrefix ??= state.prefix;\n", to: "" },
];
