// The body of an Anthropic Messages request, written by ourselves.
// Owns: which bytes are sent. Called by anthropic.ts.
// Invariants:
// 1. A function of the request alone: the same messages give the same bytes in every request, apart from cache_control.
// 2. Each call block has its result block in the next user message, if the request's messages are paired: no call is dropped.
// 3. Signed thinking goes back to the model that wrote it to the letter, and to no other: vendors bind it to the model.
import type { Json } from "../../base/index.ts";
import type { AssistantMessage, AssistantPart, ContentPart, Message, ToolMessage } from "../message.ts";
import type { ModelRequest } from "../provider.ts";

type Block = { [key: string]: Json };
interface WireMessage {
  readonly role: "user" | "assistant";
  readonly content: Block[];
}

const breakpoints = 4;

/** `provider` is this provider's id: reasoning written by another is left out. */
export function anthropicBody(request: ModelRequest, provider: string): string {
  const spare = breakpoints - (request.cacheTools && request.tools.length > 0 ? 1 : 0) - request.system.filter((block) => block.cache).length;
  // The API refuses more than four; the last ones are those the next request reads.
  const marked = new Set(spare > 0 ? [...request.cacheAfter].sort((left, right) => left - right).slice(-spare) : []);
  const body = {
    model: request.model,
    ...(request.tools.length > 0 ? { tools: tools(request) } : {}),
    ...(request.system.length > 0 ? { system: request.system.filter((block) => block.text !== "").map((block) => mark(text(block.text), block.cache)) } : {}),
    messages: messages(request, provider, marked),
    stream: true,
    max_tokens: request.maxOutput,
  };
  return JSON.stringify(body);
}

function tools(request: ModelRequest): Block[] {
  return request.tools.map((tool, index) =>
    mark({ name: tool.name, description: tool.description, input_schema: tool.input }, request.cacheTools && index === request.tools.length - 1),
  );
}

function messages(request: ModelRequest, provider: string, marked: ReadonlySet<number>): WireMessage[] {
  const written: WireMessage[] = [];
  request.messages.forEach((message, index) => {
    const blocks = blocksOf(message, provider, request.model);
    const last = blocks.at(-1);
    if (!last) return;
    if (marked.has(index)) mark(last, true);
    const role = message.role === "assistant" ? "assistant" : "user";
    const before = written.at(-1);
    // Results of one reply, and what the person adds to them, are one user message.
    if (before?.role === role) before.content.push(...blocks);
    else written.push({ role, content: blocks });
  });
  return written;
}

function blocksOf(message: Message, provider: string, model: string): Block[] {
  switch (message.role) {
    case "user": {
      const blocks = message.parts.filter(hasContent).map(contentBlock);
      return blocks.length > 0 ? blocks : [text("(empty message)")];
    }
    case "tool":
      return [resultBlock(message)];
    case "assistant":
      return assistantBlocks(message, message.provider === provider && message.model === model);
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

function mark(block: Block, cache: boolean): Block {
  if (cache) block.cache_control = { type: "ephemeral" };
  return block;
}

/** Ids and names that other vendors' models made may hold characters that this API refuses. */
const wireName = (name: string): string => name.replace(/[^a-zA-Z0-9_-]/g, "_").slice(0, 128) || "unnamed";
