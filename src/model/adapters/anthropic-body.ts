// The body of an Anthropic Messages request, written by ourselves.
// Owns: which bytes are sent. Called by anthropic.ts.
// Invariants:
// 1. A function of the request alone: the same messages give the same bytes in every request, apart from cache_control.
// 2. Each call block has its result block in the next user message, if the request's messages are paired: no call is dropped.
// 3. Signed thinking goes back to the model that wrote it to the letter, and to no other: vendors bind it to the model.
// 4. Each message, tool and system block is rendered once; what is sent is these texts, joined.
import type { Json } from "../../base/index.ts";
import { thinkingBudgets } from "../effort.ts";
import type { AssistantMessage, AssistantPart, ContentPart, Message, ToolMessage, ToolSpec } from "../message.ts";
import type { ModelRequest, SystemBlock } from "../provider.ts";
import { rendered } from "./rendered.ts";

type Block = { readonly [key: string]: Json };

const breakpoints = 4;

/** How a model is asked to think harder or less: by a level, or by a number of tokens. */
export type ThinkingWay = "adaptive" | "budget";

/** `provider` is this provider's id: reasoning written by another is left out. Without `thinking` the request's effort is not said. */
export function anthropicBody(request: ModelRequest, provider: string, thinking?: ThinkingWay): string {
  const { tools, cacheTools, cacheAfter, cacheLife } = request;
  const mark = markWith(cacheLife === "1h" ? `{"type":"ephemeral","ttl":"1h"}` : `{"type":"ephemeral"}`);
  const system = request.system.filter((block) => block.text !== "");
  const spare = breakpoints - (cacheTools && tools.length > 0 ? 1 : 0) - request.system.filter((block) => block.cache).length;
  // The API refuses more than four; the last ones are those the next request reads.
  const marked = new Set(spare > 0 ? [...cacheAfter].sort((left, right) => left - right).slice(-spare) : []);
  const fields = [
    `"model":${JSON.stringify(request.model)}`,
    ...(tools.length > 0 ? [`"tools":[${tools.map((tool, index) => mark(toolText(tool), cacheTools && index === tools.length - 1)).join(",")}]`] : []),
    ...(request.system.length > 0 ? [`"system":[${system.map((block) => mark(systemText(block), block.cache)).join(",")}]`] : []),
    `"messages":[${messages(request, provider, (blocks, index) => mark(blocks, marked.has(index)))}]`,
    `"stream":true`,
    `"max_tokens":${JSON.stringify(request.maxOutput)}`,
    ...effortFields(request, provider, thinking),
  ];
  return `{${fields.join(",")}}`;
}

function effortFields(request: ModelRequest, provider: string, thinking: ThinkingWay | undefined): string[] {
  const { effort, maxOutput } = request;
  if (effort === undefined || thinking === undefined) return [];
  if (thinking === "adaptive") return [`"thinking":{"type":"adaptive"}`, `"output_config":{"effort":"${effort === "minimal" ? "low" : effort}"}`];
  // The budget is a part of max_tokens, and the answer needs some of them too.
  const budget = Math.min(thinkingBudgets[effort], maxOutput - leastBudget);
  return budget < leastBudget || lacksThinking(request, provider) ? [] : [`"thinking":{"type":"enabled","budget_tokens":${budget}}`];
}

const leastBudget = 1_024;

/** Calls that are being answered must bring their reasoning back, where thinking is on; another model's is not there to be brought. */
function lacksThinking({ messages, model }: ModelRequest, provider: string): boolean {
  const said = messages.findLast((message) => message.role !== "tool");
  if (said?.role !== "assistant") return false;
  const first = said.provider === provider && said.model === model ? said.parts[0] : undefined;
  return first?.type !== "redacted-thinking" && !(first?.type === "thinking" && first.signature);
}

const toolText = rendered((tool: ToolSpec) => JSON.stringify({ name: tool.name, description: tool.description, input_schema: tool.input }));
const systemText = rendered((block: SystemBlock) => JSON.stringify(text(block.text)));

function messages(request: ModelRequest, provider: string, mark: (blocks: string, index: number) => string): string {
  const written: string[] = [];
  let before: "user" | "assistant" | undefined;
  request.messages.forEach((message, index) => {
    const foreign = message.role === "assistant" && (message.provider !== provider || message.model !== request.model);
    const blocks = foreign ? foreignBlocks(message) : ownBlocks(message);
    if (blocks === "") return;
    const role = message.role === "assistant" ? "assistant" : "user";
    // Results of one reply, and what the person adds to them, are one user message.
    const between = role === before ? "," : `${before ? "]}," : ""}{"role":"${role}","content":[`;
    written.push(between, mark(blocks, index));
    before = role;
  });
  return before ? `${written.join("")}]}` : "";
}

/** The blocks of a message as a list without its brackets: empty where nothing of it is sent. */
const ownBlocks = rendered((message: Message) => listText(blocksOf(message, true)));
const foreignBlocks = rendered((message: Message) => listText(blocksOf(message, false)));
const listText = (blocks: readonly Block[]): string => JSON.stringify(blocks).slice(1, -1);

/** With a cache breakpoint after it, if asked for: the last field of the last block. */
function markWith(control: string): (blocks: string, cache: boolean) => string {
  return (blocks, cache) => (cache ? `${blocks.slice(0, -1)},"cache_control":${control}}` : blocks);
}

function blocksOf(message: Message, own: boolean): Block[] {
  switch (message.role) {
    case "user": {
      const blocks = message.parts.filter(hasContent).map(contentBlock);
      return blocks.length > 0 ? blocks : [text("(empty message)")];
    }
    case "tool":
      return [resultBlock(message)];
    case "assistant":
      return assistantBlocks(message, own);
    default:
      return message satisfies never;
  }
}

function assistantBlocks(message: AssistantMessage, own: boolean): Block[] {
  const blocks = message.parts.flatMap((part) => assistantBlock(part, own));
  // A reply that was broken off may end in thinking, which the API refuses as a last block.
  while (blocks.at(-1)?.type === "thinking" || blocks.at(-1)?.type === "redacted_thinking") blocks.pop();
  return blocks;
}

function assistantBlock(part: AssistantPart, own: boolean): Block[] {
  switch (part.type) {
    case "text":
      return hasContent(part) ? [text(part.text)] : [];
    case "thinking":
      return own && part.signature ? [{ type: "thinking", thinking: part.text, signature: part.signature }] : [];
    case "redacted-thinking":
      return own ? [{ type: "redacted_thinking", data: part.data }] : [];
    case "call":
      return [{ type: "tool_use", id: wireName(part.call.id), name: wireName(part.call.tool), input: part.call.input }];
    case "rejected-call":
      return [{ type: "tool_use", id: wireName(part.id), name: wireName(part.tool), input: { unparsed: part.raw } }];
    default:
      return part satisfies never;
  }
}

function resultBlock(message: ToolMessage): Block {
  const parts = message.parts.filter((part) => part.type !== "text" || part.text !== "");
  const only = parts[0];
  const content: Json = parts.length === 0 ? "" : parts.length === 1 && only?.type === "text" ? only.text : parts.map(contentBlock);
  return { type: "tool_result", tool_use_id: wireName(message.call), content, ...(message.failed ? { is_error: true } : {}) };
}

function contentBlock(part: ContentPart): Block {
  return part.type === "text" ? text(part.text) : { type: "image", source: { type: "base64", media_type: part.mediaType, data: part.data } };
}

const text = (content: string): Block => ({ type: "text", text: content });

/** Blank text blocks are refused by the API, also where the model itself wrote them. */
const hasContent = (part: ContentPart): boolean => part.type !== "text" || part.text.trim() !== "";

/** Ids and names that other vendors' models made may hold characters that this API refuses. */
const wireName = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 128) || "unnamed";
