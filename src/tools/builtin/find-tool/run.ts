// find_tool: a search over tools that are not in the prompt's head. Calls through it never come here: they are made as the
// calls they mean (model/meant-call.ts); what does come is a search, or a call of what can't be called.
import { findToolName, type ToolSpec } from "../../../model/index.ts";
import { nearest } from "../../near.ts";
import type { FindablePort } from "../../ports.ts";
import type { Prepare } from "../../tool.ts";
import { counted, failed, succeeded } from "../answer.ts";

interface Input {
  readonly query?: string;
  readonly call?: string;
}

const mostMatches = 5;
/** UTF-16 units of schemas in one result. */
const mostSchema = 24_000;

export const prepare: Prepare = async (input, { ports }) => {
  const { query, call } = input as unknown as Input;
  const findable = ports.findable;
  if (findable === undefined) return failed("There are no further tools in this session.");
  if (call !== undefined) return failed(whyNot(call, findable));
  if (query === undefined) return failed('Say what to find: {"query": "words"}, or which tool to call: {"call": "name", "input": {…}}. Nothing was done.');
  return {
    preview: { kind: "text", text: query },
    before: [],
    after: [],
    async commit() {
      const { tools } = findable();
      const found = bestMatches(tools, query);
      return succeeded(found.length === 0 ? nothingFound(tools) : inWords(found), { detail: { query, found: found.map(({ name }) => name) } });
    },
  };
};

function whyNot(name: string, findable: FindablePort): string {
  if (name === findToolName) return `${findToolName} does not call itself. Nothing was done: name the tool that you want to call.`;
  const near = nearest(name, [...findable().callable]);
  const meant = near.length === 0 ? `{"query": "words"} finds those there are.` : `Did you mean ${near.map((each) => `"${each}"`).join(" or ")}?`;
  return `There is no tool named "${name}". Nothing was done. ${meant}`;
}

const nothingFound = (tools: readonly ToolSpec[]): string =>
  tools.length === 0
    ? "There are no further tools in this session now: those in your list are all."
    : `Nothing matches. There are ${counted(tools.length, "further tool")}: ${tools
        .slice(0, 40)
        .map(({ name }) => name)
        .join(", ")}${tools.length > 40 ? " …" : ""}`;

function inWords(found: readonly ToolSpec[]): string {
  let room = mostSchema;
  const rows = found.map(({ name, description, input }, index) => {
    const schema = JSON.stringify(input);
    const fits = index === 0 || schema.length <= room;
    room -= schema.length;
    return `${name}: ${description}\n  input: ${fits ? schema : "too long to stand here too; search for its name alone"}`;
  });
  return `${rows.join("\n")}\nTo call one: ${findToolName} {"call": "NAME", "input": {…}}`;
}

/** At most five, the best first: words of the query in the name count more than in the description, whole ones more than parts. Then by name. */
export function bestMatches<Spec extends ToolSpec>(tools: readonly Spec[], query: string): readonly Spec[] {
  const wanted = [...new Set(wordsOf(query))];
  return tools
    .map((tool) => ({ tool, score: scoreOf(tool, wanted, query.trim().toLowerCase()) }))
    .filter(({ score }) => score > 0)
    .sort((one, other) => other.score - one.score || (one.tool.name < other.tool.name ? -1 : 1))
    .slice(0, mostMatches)
    .map(({ tool }) => tool);
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

function scoreOf({ name, description }: ToolSpec, wanted: readonly string[], whole: string): number {
  const names = new Set(wordsOf(name));
  const words = new Set(wordsOf(description));
  const joined = name.toLowerCase();
  const text = description.toLowerCase();
  const each = (word: string): number =>
    (names.has(word) ? 10 : word.length > 2 && joined.includes(word) ? 6 : 0) + (words.has(word) ? 3 : word.length > 2 && text.includes(word) ? 1 : 0);
  return wanted.reduce((sum, word) => sum + each(word), joined === whole ? 100 : 0);
}
