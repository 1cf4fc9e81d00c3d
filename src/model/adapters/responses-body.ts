// The body of an OpenAI Responses request, written by ourselves.
// Owns: which bytes are sent. Called by openai-responses.ts.
// Invariants:
// 1. A function of the request and the dialect alone: the same messages give the same bytes in every request, breakpoints apart.
// 2. Nothing is kept at the vendor (store: false) and nothing there is referred to: calls and texts go out without item ids.
// 3. Encrypted reasoning goes back to the model that wrote it to the letter, before what followed it, and to no other.
// 4. Each call has its output if the request's messages are paired: no call is dropped.
// 5. Each message is rendered once; what is sent is these texts, joined.
import type { Json } from "../../base/index.ts";
import type { AssistantMessage, AssistantPart, ContentPart, Message, ToolMessage, ToolSpec } from "../message.ts";
import type { ModelRequest, SystemBlock } from "../provider.ts";
import { cacheKeyOf } from "./cache-key.ts";
import { rendered } from "./rendered.ts";
import { wireId } from "./wire-id.ts";

/** What a model takes. Each parameter is refused by the models that do not know it. */
export interface ResponsesDialect {
  /** It reasons: its reasoning is asked for encrypted, to be sent back. */
  readonly reasoning: boolean;
  readonly effort?: string;
  /** It takes explicit cache breakpoints (GPT-5.6 and later). */
  readonly breakpoints: boolean;
  readonly promptCacheKey: boolean;
}

type Block = { readonly [key: string]: Json };

export function responsesBody(request: ModelRequest, provider: string, dialect: ResponsesDialect): string {
  const items = inputItems(request, provider, dialect);
  const head = [`"model":${JSON.stringify(request.model)}`, ...(request.tools.length > 0 ? [`"tools":${toolsText(request.tools)}`] : [])].join(",");
  const rest = {
    store: false,
    stream: true,
    max_output_tokens: request.maxOutput,
    ...(dialect.reasoning ? { include: ["reasoning.encrypted_content"] } : {}),
    ...(dialect.reasoning && dialect.effort !== undefined ? { reasoning: { effort: dialect.effort } } : {}),
    ...(dialect.promptCacheKey ? { prompt_cache_key: request.cacheKey ?? cacheKeyOf(`{${head},"input":[${unmarkedHead(request)}]}`) } : {}),
  };
  return `{${head},"input":[${items.join(",")}],${JSON.stringify(rest).slice(1)}`;
}

// Strict schemas are the default on this wire: they would be rewritten, and refused where they leave a property optional.
const toolsText = rendered((tools: readonly ToolSpec[]) =>
  JSON.stringify(tools.map((tool) => ({ type: "function", name: tool.name, description: tool.description, parameters: tool.input, strict: false }))),
);

const unmarkedHead = (request: ModelRequest): string =>
  [systemItem(request.system, false), ...request.messages.slice(0, 1).map(ownItems)].filter((text) => text !== "").join(",");

/** Each as JSON; one text may hold several items. */
function inputItems(request: ModelRequest, provider: string, dialect: ResponsesDialect): string[] {
  const { messages } = request;
  const marked = dialect.breakpoints ? markedMessages(request) : new Set<number>();
  const written = [systemItem(request.system, dialect.breakpoints)];
  messages.forEach((message, index) => {
    const foreign = message.role === "assistant" && (message.provider !== provider || message.model !== request.model);
    const text = foreign ? foreignItems(message) : ownItems(message);
    written.push(marked.has(index) ? withBreakpoint(text) : text);
  });
  return written.filter((text) => text !== "");
}

/** A breakpoint can stand after what a user or a tool said, not after the model's own words: there it moves to the one before. */
function markedMessages({ messages, cacheAfter }: ModelRequest): ReadonlySet<number> {
  const found = cacheAfter.map((index) => messages.findLastIndex((message, place) => place <= index && message.role !== "assistant"));
  return new Set(found.filter((index) => index >= 0));
}

const breakpoint = `,"prompt_cache_breakpoint":{"mode":"explicit"}`;

/** Both messages and outputs end with their list of blocks: the mark is the last field of the last block. */
const withBreakpoint = (item: string): string => (item.endsWith("}]}") ? `${item.slice(0, -3)}${breakpoint}}]}` : item);

function systemItem(system: readonly SystemBlock[], marks: boolean): string {
  const blocks = system.filter((block) => block.text !== "");
  if (blocks.length === 0) return "";
  const written = blocks.map((block) => (marks && block.cache ? `${systemText(block).slice(0, -1)}${breakpoint}}` : systemText(block)));
  return `{"type":"message","role":"developer","content":[${written.join(",")}]}`;
}
const systemText = rendered((block: SystemBlock) => JSON.stringify({ type: "input_text", text: block.text }));

/** The items of a message as a list without its brackets: empty where nothing of it is sent. */
const ownItems = rendered((message: Message) => listText(itemsOf(message, true)));
const foreignItems = rendered((message: Message) => listText(itemsOf(message, false)));
const listText = (items: readonly Block[]): string => JSON.stringify(items).slice(1, -1);

function itemsOf(message: Message, own: boolean): Block[] {
  switch (message.role) {
    case "user":
      return [{ type: "message", role: "user", content: contentOf(message.parts, "(empty message)") }];
    case "tool":
      return [outputItem(message)];
    case "assistant":
      return assistantItems(message, own);
    default:
      return message satisfies never;
  }
}

function assistantItems(message: AssistantMessage, own: boolean): Block[] {
  const items = message.parts.flatMap((part) => assistantItem(part, own));
  // A reply that was broken off may end in reasoning, which is refused without what it led to.
  while (items.at(-1)?.type === "reasoning") items.pop();
  return items;
}

function assistantItem(part: AssistantPart, own: boolean): Block[] {
  switch (part.type) {
    case "text":
      return part.text === "" ? [] : [{ type: "message", role: "assistant", content: [{ type: "output_text", text: part.text }] }];
    case "thinking":
      return own ? reasoningItem(part.text, part.signature) : [];
    case "redacted-thinking":
      return [];
    case "call":
      return [callItem(part.call.id, part.call.tool, part.call.input)];
    case "rejected-call":
      return [callItem(part.id, part.tool, { unparsed: part.raw })];
    default:
      return part satisfies never;
  }
}

/** A signature on this wire: the item's id, a space, the encrypted reasoning. Neither holds a space. */
export const reasoningSignature = (id: string, encrypted: string): string => `${id} ${encrypted}`;

function reasoningItem(text: string, signature: string | undefined): Block[] {
  const [, id, encrypted] = /^(\S*) (\S+)$/.exec(signature ?? "") ?? [];
  if (encrypted === undefined) return []; // not of this wire
  const summary = text === "" ? [] : [{ type: "summary_text", text }];
  return [{ type: "reasoning", ...(id ? { id } : {}), summary, encrypted_content: encrypted }];
}

const callItem = (id: string, tool: string, input: Json): Block => ({
  type: "function_call",
  call_id: wireId(id, longestId),
  name: tool.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 64) || "unnamed",
  arguments: JSON.stringify(input),
});

function outputItem(message: ToolMessage): Block {
  return { type: "function_call_output", call_id: wireId(message.call, longestId), output: contentOf(message.parts, "(no output)") };
}

function contentOf(parts: readonly ContentPart[], empty: string): Json {
  const blocks = parts.filter((part) => part.type !== "text" || part.text !== "").map(contentBlock);
  return blocks.length > 0 ? blocks : [{ type: "input_text", text: empty }];
}

function contentBlock(part: ContentPart): Block {
  if (part.type === "text") return { type: "input_text", text: part.text };
  return { type: "input_image", image_url: `data:${part.mediaType};base64,${part.data}`, detail: "auto" };
}

const longestId = 64;
