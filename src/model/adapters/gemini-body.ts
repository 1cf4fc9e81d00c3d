// The body of a Gemini generateContent request, written by ourselves.
// Owns: which bytes are sent. Called by gemini.ts.
// Invariants:
// 1. A function of the request and the dialect alone: the same messages give the same bytes in every request.
// 2. The results of one reply are one content, right behind it, in which each call has its response if the messages are paired.
// 3. A thought signature goes back on the part it came on, to the letter, to the model that wrote it and to no other. Calls that
//    this model did not write bear the mark that Google documents for them, where the model demands a signature.
// 4. Each message is rendered once; what is sent is these texts, joined.
import type { Json } from "../../base/index.ts";
import type { AssistantMessage, AssistantPart, ContentPart, ImagePart, Message, ToolMessage, ToolSpec } from "../message.ts";
import type { ModelRequest, SystemBlock } from "../provider.ts";
import { geminiSchema } from "./gemini-schema.ts";
import { rendered } from "./rendered.ts";

/** What a model takes: a thinking level or a budget is refused by the models that know the other. */
export interface GeminiDialect {
  /** From Gemini 3 on: calls without a thought signature are refused, and a function response may hold images. */
  readonly signatures: boolean;
  readonly level?: "minimal" | "low" | "medium" | "high";
  /** Tokens. */
  readonly budget?: number;
}

type Block = { readonly [key: string]: Json };

export function geminiBody(request: ModelRequest, provider: string, dialect: GeminiDialect): string {
  const system = systemText(request.system);
  const fields = [
    ...(system === "" ? [] : [`"systemInstruction":${system}`]),
    ...(request.tools.length > 0 ? [`"tools":[{"functionDeclarations":${toolsText(request.tools)}}]`] : []),
    `"contents":[${contents(request, provider, dialect)}]`,
    `"generationConfig":${JSON.stringify({ maxOutputTokens: request.maxOutput, ...thinkingOf(dialect) })}`,
  ];
  return `{${fields.join(",")}}`;
}

function thinkingOf({ level, budget }: GeminiDialect): Block {
  if (level !== undefined) return { thinkingConfig: { thinkingLevel: level, includeThoughts: true } };
  return budget === undefined ? {} : { thinkingConfig: { thinkingBudget: budget, includeThoughts: true } };
}

const toolsText = rendered((tools: readonly ToolSpec[]) =>
  JSON.stringify(tools.map((tool) => ({ name: tool.name, description: tool.description, parametersJsonSchema: geminiSchema(tool.input) }))),
);

/** "" where there is nothing to say. */
const systemText = rendered((system: readonly SystemBlock[]) => {
  const parts = system.filter((block) => block.text !== "").map((block) => text(block.text));
  return parts.length > 0 ? JSON.stringify({ parts }) : "";
});

/** What a content is made of: messages of one kind that follow each other share one, but each thing a person said has its own. */
const kindOf = (message: Message): string => ({ user: "user", tool: "results", assistant: "model" })[message.role];

function contents(request: ModelRequest, provider: string, dialect: GeminiDialect): string {
  const written: string[] = [];
  const forms = dialect.signatures ? signed : unsigned;
  let open = "";
  for (const message of request.messages) {
    const foreign = message.role === "assistant" && (message.provider !== provider || message.model !== request.model);
    const parts = foreign ? forms.foreign(message) : forms.own(message);
    if (parts === "") continue;
    const kind = kindOf(message);
    if (kind === open && kind !== "user") written.push(",", parts);
    else written.push(`${open === "" ? "" : "]},"}{"role":"${kind === "model" ? "model" : "user"}","parts":[`, parts);
    open = kind;
  }
  return open === "" ? "" : `${written.join("")}]}`;
}

/** The parts of a message as a list without its brackets: empty where nothing of it is sent. */
const formsOf = (signatures: boolean) => ({
  own: rendered((message: Message) => listText(partsOf(message, true, signatures))),
  foreign: rendered((message: Message) => listText(partsOf(message, false, signatures))),
});
const listText = (parts: readonly Block[]): string => JSON.stringify(parts).slice(1, -1);
const signed = formsOf(true);
const unsigned = formsOf(false);

function partsOf(message: Message, own: boolean, signatures: boolean): Block[] {
  switch (message.role) {
    case "user": {
      const parts = message.parts.filter(hasContent).map(contentPart);
      return parts.length > 0 ? parts : [text("(empty message)")];
    }
    case "tool":
      return resultParts(message, signatures);
    case "assistant":
      return assistantParts(message, own, signatures);
    default:
      return message satisfies never;
  }
}

/**
 * A signature on this wire: where it stood, a space, the signature. `call` and `text`: on the part that follows. `thought`: on
 * this summary of a thought. `own`: on an empty text of its own, as streams end with.
 */
export type SignaturePlace = "call" | "text" | "thought" | "own";
export const placedSignature = (place: SignaturePlace, signature: string): string => `${place} ${signature}`;

function placeOfSignature(part: AssistantPart | undefined): { readonly place: string; readonly signature: string } | undefined {
  const [, place, signature] = part?.type === "thinking" ? (/^(call|text|thought|own) (\S+)$/.exec(part.signature ?? "") ?? []) : [];
  return place === undefined || signature === undefined ? undefined : { place, signature };
}

/** ai.google.dev, thought signatures: for calls that another model wrote. */
const notOurs = "skip_thought_signature_validator";

function assistantParts({ parts }: AssistantMessage, own: boolean, signatures: boolean): Block[] {
  let calls = 0;
  return parts.flatMap((part, index): Block[] => {
    const before = own ? placeOfSignature(parts[index - 1]) : undefined;
    switch (part.type) {
      case "text":
        if (part.text === "") return [];
        return [{ ...text(part.text), ...(before?.place === "text" ? { thoughtSignature: before.signature } : {}) }];
      case "thinking":
        return own ? thoughtParts(part.text, placeOfSignature(part)) : [];
      case "redacted-thinking":
        return [];
      case "call": {
        calls += 1;
        const kept = before?.place === "call" ? before.signature : undefined;
        return [callPart(part.call.id, part.call.tool, part.call.input, kept ?? (signatures && calls === 1 ? notOurs : undefined))];
      }
      case "rejected-call":
        calls += 1;
        // What goes back is not what the model wrote: its signature would not fit.
        return [callPart(part.id, part.tool, { unparsed: part.raw }, signatures && calls === 1 ? notOurs : undefined)];
      default:
        return part satisfies never;
    }
  });
}

function thoughtParts(summary: string, found: ReturnType<typeof placeOfSignature>): Block[] {
  if (found?.place === "own") return [{ ...text(""), thoughtSignature: found.signature }];
  return found?.place === "thought" ? [{ ...text(summary), thought: true, thoughtSignature: found.signature }] : [];
}

const callPart = (id: string, tool: string, args: Json, signature: string | undefined): Block => ({
  functionCall: { id, name: wireName(tool), args },
  ...(signature === undefined ? {} : { thoughtSignature: signature }),
});

/** Before Gemini 3 a function response takes no images: they stand behind it. */
function resultParts(message: ToolMessage, inside: boolean): Block[] {
  const said = message.parts.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n\n");
  const images = message.parts.filter((part) => part.type === "image");
  const count = images.length === 0 ? "" : `(${images.length} image${images.length === 1 ? "" : "s"})`;
  const output = [said, count].filter((one) => one !== "").join("\n\n");
  const response = {
    id: message.call,
    name: wireName(message.tool),
    response: message.failed ? { error: output } : { output },
    ...(inside && images.length > 0 ? { parts: images.map(imagePart) } : {}),
  };
  const behind = inside || images.length === 0 ? [] : [text(`Shown by ${message.tool}, call ${message.call}:`), ...images.map(imagePart)];
  return [{ functionResponse: response }, ...behind];
}

const contentPart = (part: ContentPart): Block => (part.type === "text" ? text(part.text) : imagePart(part));
const imagePart = (image: ImagePart): Block => ({ inlineData: { mimeType: image.mediaType, data: image.data } });
const text = (content: string): Block => ({ text: content });
const hasContent = (part: ContentPart): boolean => part.type !== "text" || part.text !== "";

/** Names that other vendors' models made may hold characters that this API refuses. */
function wireName(name: string): string {
  const plain = name.replace(/[^a-zA-Z0-9_.:-]/g, "_");
  return (/^[a-zA-Z_]/.test(plain) ? plain : `_${plain}`).slice(0, 64);
}
