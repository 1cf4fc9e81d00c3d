// A request in the words of the AI SDK, for packages that write their own requests.
// Invariant: what such a package attached to a part of its model's reply (signatures, in forms of its own) goes back on that part as
// it came, to the model that wrote it and to no other.
import type {
  JSONObject,
  JSONSchema7,
  LanguageModelV4CallOptions,
  LanguageModelV4FilePart,
  LanguageModelV4Message,
  LanguageModelV4Prompt,
  LanguageModelV4TextPart,
  SharedV4ProviderOptions,
} from "@ai-sdk/provider";
import { isJsonObject, parseJson } from "../../base/index.ts";
import type { AssistantMessage, ContentPart, Message, ToolMessage } from "../message.ts";
import type { ModelRequest } from "../provider.ts";

/** A signature here: what it was attached to (this thought, or the part before it), a space, and JSON. */
export type AttachedTo = "thought" | "before";
export const attached = (to: AttachedTo, metadata: unknown): string => `${to} ${JSON.stringify(metadata)}`;

function readAttached(signature: string | undefined): { readonly to: AttachedTo; readonly options: SharedV4ProviderOptions } | undefined {
  const [, to, json] = /^(thought|before) (\{.*\})$/s.exec(signature ?? "") ?? [];
  const parsed = json === undefined ? undefined : parseJson(json);
  if (!parsed?.ok || !isJsonObject(parsed.value)) return undefined;
  return { to: to as AttachedTo, options: parsed.value as SharedV4ProviderOptions };
}

/** `cachePoint`: what marks a breakpoint, where the package knows one. */
export function packagedCall(
  request: ModelRequest,
  provider: string,
  cachePoint: SharedV4ProviderOptions | undefined,
): Omit<LanguageModelV4CallOptions, "abortSignal"> {
  const { tools, effort } = request;
  return {
    prompt: promptOf(request, provider, cachePoint),
    maxOutputTokens: request.maxOutput,
    ...(effort === undefined ? {} : { reasoning: effort }),
    ...(tools.length === 0
      ? {}
      : { tools: tools.map((tool) => ({ type: "function", name: tool.name, description: tool.description, inputSchema: tool.input as JSONSchema7 })) }),
  };
}

function promptOf(request: ModelRequest, provider: string, cachePoint: SharedV4ProviderOptions | undefined): LanguageModelV4Prompt {
  const marked = (message: LanguageModelV4Message, marks: boolean): LanguageModelV4Message =>
    marks && cachePoint ? { ...message, providerOptions: cachePoint } : message;
  const prompt: LanguageModelV4Prompt = request.system
    .filter((block) => block.text !== "")
    .map((block) => marked({ role: "system", content: block.text }, block.cache));
  request.messages.forEach((message, index) => {
    const own = message.role === "assistant" && message.provider === provider && message.model === request.model;
    const written = messageOf(message, own);
    if (!written) return;
    const last = prompt.at(-1);
    const marks = request.cacheAfter.includes(index);
    // The results of one reply are one message.
    if (written.role === "tool" && last?.role === "tool")
      prompt[prompt.length - 1] = marked({ ...last, content: [...last.content, ...written.content] }, marks);
    else prompt.push(marked(written, marks));
  });
  return prompt;
}

function messageOf(message: Message, own: boolean): LanguageModelV4Message | undefined {
  switch (message.role) {
    case "user": {
      const content = message.parts.filter((part) => part.type !== "text" || part.text.trim() !== "").map(contentOf);
      return { role: "user", content: content.length > 0 ? content : [{ type: "text", text: "(empty message)" }] };
    }
    case "tool":
      return { role: "tool", content: [resultOf(message)] };
    case "assistant": {
      const content = assistantContent(message, own);
      return content.length > 0 ? { role: "assistant", content } : undefined;
    }
    default:
      return message satisfies never;
  }
}

type AssistantContent = Extract<LanguageModelV4Message, { role: "assistant" }>["content"];

function assistantContent({ parts }: AssistantMessage, own: boolean): AssistantContent {
  const written: AssistantContent = [];
  for (const part of parts) {
    switch (part.type) {
      case "text":
        if (part.text.trim() !== "") written.push({ type: "text", text: part.text });
        break;
      case "thinking": {
        const found = own ? readAttached(part.signature) : undefined;
        const before = written.at(-1);
        if (found?.to === "thought") written.push({ type: "reasoning", text: part.text, providerOptions: found.options });
        else if (found && before) before.providerOptions = found.options;
        break;
      }
      case "redacted-thinking":
        break;
      case "call":
        written.push({ type: "tool-call", toolCallId: part.call.id, toolName: part.call.tool, input: part.call.input });
        break;
      case "rejected-call":
        written.push({ type: "tool-call", toolCallId: part.id, toolName: part.tool, input: { unparsed: part.raw } });
        break;
      default:
        part satisfies never;
    }
  }
  // A reply that was broken off may end in reasoning, which is refused as a last part.
  while (written.at(-1)?.type === "reasoning") written.pop();
  return written;
}

function contentOf(part: ContentPart): LanguageModelV4TextPart | LanguageModelV4FilePart {
  if (part.type === "text") return { type: "text", text: part.text };
  return { type: "file", mediaType: part.mediaType, data: { type: "data", data: part.data } };
}

type ToolContent = Extract<LanguageModelV4Message, { role: "tool" }>["content"][number];

function resultOf(message: ToolMessage): ToolContent {
  const named = { type: "tool-result" as const, toolCallId: message.call, toolName: message.tool };
  const said = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
  if (message.parts.every((part) => part.type === "text")) return { ...named, output: { type: message.failed ? "error-text" : "text", value: said } };
  const value = message.parts.map(contentOf).map((part) => (part.type === "text" ? { type: part.type, text: part.text } : { ...part, type: "file" as const }));
  return { ...named, output: { type: "content", value } };
}

/** Namespaces that say something: a package attaches empty ones too. */
export function metadataOf(metadata: unknown): JSONObject | undefined {
  if (!isJsonObject(metadata)) return undefined;
  const filled = Object.entries(metadata).filter(([, value]) => isJsonObject(value) && Object.keys(value).length > 0);
  return filled.length === 0 ? undefined : (Object.fromEntries(filled) as JSONObject);
}
