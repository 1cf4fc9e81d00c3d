// The body of an OpenAI Chat completions request, written by ourselves.
// Owns: which bytes are sent. Called by openai-compatible.ts.
// Invariants:
// 1. A function of the request and the dialect alone: the same messages give the same bytes in every request.
// 2. One system message, first: many chat templates of local servers accept no other form.
// 3. Every call keeps its place and has its result message if the request's messages are paired: no call is dropped.
// 4. Each message is rendered once, and so are the tools and the system text; what is sent is these texts, joined.
import type { Json } from "../../base/index.ts";
import type { AssistantMessage, ContentPart, ImagePart, Message, ToolMessage, ToolSpec } from "../message.ts";
import type { ModelRequest, SystemBlock } from "../provider.ts";
import { cacheKeyOf } from "./cache-key.ts";
import { rendered } from "./rendered.ts";
import { wireId } from "./wire-id.ts";

/** How a server's Chat completions differ from the common core. */
export interface ChatDialect {
  /** OpenAI's own models refuse `max_tokens`; most other servers know nothing else. */
  readonly outputLimit: "max_tokens" | "max_completion_tokens";
  /** Sends `prompt_cache_key`, which keeps one conversation on the machine that holds its prefix. */
  readonly promptCacheKey: boolean;
  readonly reasoningEffort?: string;
  /** False: the model takes none; it is told in words that there was one. */
  readonly images?: false;
}

type Block = { readonly [key: string]: Json };

export function chatBody(request: ModelRequest, provider: string, dialect: ChatDialect): string {
  const messages = chatMessages(request, provider, dialect.images !== false);
  const head = [`"model":${JSON.stringify(request.model)}`, ...(request.tools.length > 0 ? [`"tools":${toolsText(request.tools)}`] : [])].join(",");
  const rest = {
    stream: true,
    stream_options: { include_usage: true },
    [dialect.outputLimit]: request.maxOutput,
    ...(dialect.reasoningEffort === undefined ? {} : { reasoning_effort: dialect.reasoningEffort }),
    ...(dialect.promptCacheKey ? { prompt_cache_key: request.cacheKey ?? cacheKeyOf(`{${head},"messages":[${messages.slice(0, 2).join(",")}]}`) } : {}),
  };
  return `{${head},"messages":[${messages.join(",")}],${JSON.stringify(rest).slice(1)}`;
}

const toolsText = rendered((tools: readonly ToolSpec[]) =>
  JSON.stringify(tools.map((tool) => ({ type: "function", function: { name: tool.name, description: tool.description, parameters: tool.input } }))),
);

/** The system message, or "" where there is nothing to say. */
const systemText = rendered((system: readonly SystemBlock[]) => {
  const texts = system.map((block) => block.text).filter((text) => text !== "");
  return texts.length > 0 ? JSON.stringify({ role: "system", content: texts.join("\n\n") }) : "";
});

/** Each as JSON. */
function chatMessages(request: ModelRequest, provider: string, sees: boolean): string[] {
  const system = systemText(request.system);
  const written = system === "" ? [] : [system];
  let pending: string[] = [];
  // A tool message takes text alone, and no other message may stand between a call and the results of its reply.
  const showImages = () => {
    if (pending.length > 0) written.push(`{"role":"user","content":[${pending.join(",")}]}`);
    pending = [];
  };
  for (const message of request.messages) {
    if (message.role !== "tool") showImages();
    const foreign = message.role === "assistant" && (message.provider !== provider || message.model !== request.model);
    const text = foreign ? foreignText(message) : sees ? ownText(message) : blindText(message);
    if (text !== "") written.push(text);
    const images = message.role === "tool" && sees ? imagesText(message) : "";
    if (images !== "") pending.push(images);
  }
  showImages();
  return written;
}

const ownText = rendered((message: Message) => textOfMessage(message, true));
const blindText = rendered((message: Message) => textOfMessage(withoutImages(message), true));
const foreignText = rendered((message: Message) => textOfMessage(message, false));
/** Blocks as a list without its brackets. */
const imagesText = rendered((message: ToolMessage) => JSON.stringify(imagesOf(message)).slice(1, -1));

/** "" where nothing of it is sent. */
function textOfMessage(message: Message, own: boolean): string {
  switch (message.role) {
    case "user":
      return JSON.stringify({ role: "user", content: contentOf(message.parts) });
    case "assistant": {
      const written = assistantMessage(message, own);
      return written ? JSON.stringify(written) : "";
    }
    case "tool":
      return JSON.stringify({ role: "tool", tool_call_id: wireId(message.call, longestId), content: resultText(message) });
    default:
      return message satisfies never;
  }
}

function withoutImages(message: Message): Message {
  if (message.role === "assistant") return message;
  const parts = message.parts.map(
    (part): ContentPart => (part.type === "text" ? part : { type: "text", text: `(${part.mediaType}: this model takes no images)` }),
  );
  return { ...message, parts };
}

function contentOf(parts: readonly ContentPart[]): Json {
  if (parts.every((part) => part.type === "text")) return parts.map((part) => part.text).join("\n\n");
  return parts.map((part) => (part.type === "text" ? { type: "text", text: part.text } : imageBlock(part)));
}

function assistantMessage(message: AssistantMessage, own: boolean): Block | null {
  let text = "";
  let reasoning = "";
  const calls: Block[] = [];
  for (const part of message.parts) {
    switch (part.type) {
      case "text":
        text += part.text;
        break;
      case "thinking":
        if (own) reasoning += part.text;
        break;
      case "redacted-thinking":
        break;
      case "call":
        calls.push(callOf(part.call.id, part.call.tool, part.call.input));
        break;
      case "rejected-call":
        calls.push(callOf(part.id, part.tool, { unparsed: part.raw }));
        break;
      default:
        part satisfies never;
    }
  }
  if (text === "" && calls.length === 0) return null;
  return {
    role: "assistant",
    content: text === "" ? null : text,
    ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
    ...(calls.length === 0 ? {} : { tool_calls: calls }),
  };
}

function callOf(id: string, tool: string, input: Json): Block {
  return { id: wireId(id, longestId), type: "function", function: { name: tool, arguments: JSON.stringify(input) } };
}

function resultText(message: ToolMessage): string {
  const text = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
  const images = message.parts.filter((part) => part.type === "image").length;
  if (images === 0) return text;
  return `${text}${text === "" ? "" : "\n\n"}(${images} image${images === 1 ? "" : "s"}: see the next user message)`;
}

function imagesOf(message: ToolMessage): Block[] {
  const images = message.parts.filter((part) => part.type === "image");
  return images.length === 0 ? [] : [{ type: "text", text: `Shown by ${message.tool}, call ${message.call}:` }, ...images.map(imageBlock)];
}

function imageBlock(image: ImagePart): Block {
  return { type: "image_url", image_url: { url: `data:${image.mediaType};base64,${image.data}` } };
}

/** OpenAI refuses longer ones here, though its own Responses make and take them. */
const longestId = 40;
