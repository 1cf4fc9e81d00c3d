// Reads the chunks of a Gemini stream (GenerateContentResponse) as Google's reference describes them.
// Owns: what a chunk means. Called by stream.ts through the plain reader's port; there is no library behind it, so nothing is
// strange to it: what it cannot read becomes an error part, and reply.ts judges what was lost by it.
// Invariants:
// 1. Parts keep the model's order. Texts without a signature run together; a part with one stays by itself, since it must go back so.
// 2. A signature is told as a thought without words just before the part it stands on, and says where it stood.
// 3. Only a finish reason, or a blocked prompt, finishes a reply. A reason that says the reply is not what the model meant is an error.
import type { LanguageModelV4StreamPart as VendorPart } from "@ai-sdk/provider";
import { isJsonObject, type Json, type JsonObject, parseJson } from "../../base/index.ts";
import { createEventStream } from "./event-stream.ts";
import { placedSignature, type SignaturePlace } from "./gemini-body.ts";
import type { PlainReader } from "./plain-anthropic.ts";

interface Reading {
  /** What runs on: texts of the answer, or of a thought. */
  run: { readonly kind: "text" | "thought"; readonly id: string } | undefined;
  next: number;
  calls: number;
  ended: boolean;
}
type Parts = readonly VendorPart[];

export function createGeminiReader(): PlainReader {
  const events = createEventStream();
  const reading: Reading = { run: undefined, next: 0, calls: 0, ended: false };
  return {
    ended: () => reading.ended,
    take: (chunk) => ({ parts: events.take(chunk).flatMap((data) => readChunk(reading, data)), strange: false }),
  };
}

function readChunk(reading: Reading, data: string): Parts {
  const parsed = parseJson(data);
  if (!parsed.ok) return [unreadable("AI_JSONParseError", data)];
  const chunk = parsed.value;
  if (!isJsonObject(chunk)) return [unreadable("AI_TypeValidationError", chunk)];
  if (isJsonObject(chunk.error)) return [errorOf(chunk.error)];
  const { candidates, promptFeedback: feedback } = chunk;
  const first: Json | undefined = Array.isArray(candidates) ? candidates[0] : undefined;
  const read: VendorPart[] = [...metadataOf(chunk), ...usageOf(chunk)];
  if (first !== undefined && isJsonObject(first)) read.push(...readCandidate(reading, first, chunk.usageMetadata));
  else if (isJsonObject(feedback) && typeof feedback.blockReason === "string") {
    reading.ended = true;
    read.push(finish("content-filter", `prompt blocked: ${feedback.blockReason}`, chunk.usageMetadata));
  }
  return read;
}

/** As the vendor libraries tell of it: reply.ts knows them by these names. */
function unreadable(name: "AI_JSONParseError" | "AI_TypeValidationError", value: Json): VendorPart {
  return { type: "error", error: Object.assign(new Error("a chunk of the Gemini wire"), { name, value }) };
}

/** Whether a part that could not be read was text or a call. */
export const carriesContent = (part: unknown): boolean => isJsonObject(part) && ("text" in part || "functionCall" in part);

function errorOf({ code, status, message }: JsonObject): VendorPart {
  const says = typeof message === "string" ? message : "no explanation";
  return { type: "error", error: { message: says, ...(typeof code === "number" ? { code } : {}), ...(typeof status === "string" ? { type: status } : {}) } };
}

function metadataOf({ responseId: id, modelVersion: modelId }: JsonObject): Parts {
  if (typeof id !== "string" && typeof modelId !== "string") return [];
  return [{ type: "response-metadata", ...(typeof id === "string" ? { id } : {}), ...(typeof modelId === "string" ? { modelId } : {}) }];
}

/** The counts of each chunk are those of the reply so far. */
function usageOf({ usageMetadata: usage }: JsonObject): Parts {
  return isJsonObject(usage) ? [{ type: "custom", kind: "gemini.usage", providerMetadata: { gemini: { usage: { ...usage } } } }] : [];
}

function readCandidate(reading: Reading, candidate: JsonObject, usage: Json | undefined): Parts {
  const parts = isJsonObject(candidate.content) && Array.isArray(candidate.content.parts) ? (candidate.content.parts as readonly Json[]) : [];
  const read = parts.flatMap((part) => (isJsonObject(part) ? readPart(reading, part) : null) ?? [unreadable("AI_TypeValidationError", part)]);
  const reason = candidate.finishReason;
  if (typeof reason !== "string") return read;
  reading.ended = true;
  return [...read, ...finishOf(reason, candidate.finishMessage, usage)];
}

function readPart(reading: Reading, part: JsonObject): Parts | null {
  const signature = typeof part.thoughtSignature === "string" && part.thoughtSignature !== "" ? part.thoughtSignature : undefined;
  if (part.functionCall !== undefined) return isJsonObject(part.functionCall) ? readCall(reading, part.functionCall, signature) : null;
  if (part.text !== undefined && typeof part.text !== "string") return null;
  if (part.text === undefined) {
    const bare = signature !== undefined && Object.keys(part).every((key) => key === "thoughtSignature" || key === "thought");
    return bare ? signatureParts(reading, "own", signature) : null;
  }
  if (signature === undefined) return part.text === "" ? [] : runOn(reading, part.thought === true ? "thought" : "text", part.text);
  if (part.text === "") return signatureParts(reading, "own", signature);
  if (part.thought === true) return signatureParts(reading, "thought", signature, part.text);
  const before = signatureParts(reading, "text", signature);
  const id = String(reading.next++);
  return [...before, { type: "text-start", id }, { type: "text-delta", id, delta: part.text }];
}

function runOn(reading: Reading, kind: "text" | "thought", delta: string): Parts {
  const type = kind === "text" ? "text" : "reasoning";
  const running = reading.run?.kind === kind ? reading.run : undefined;
  const run = running ?? { kind, id: String(reading.next++) };
  reading.run = run;
  return [...(running ? [] : [{ type: `${type}-start` as const, id: run.id }]), { type: `${type}-delta` as const, id: run.id, delta }];
}

function signatureParts(reading: Reading, place: SignaturePlace, signature: string, summary = ""): Parts {
  reading.run = undefined;
  const id = String(reading.next++);
  return [
    { type: "reasoning-start", id },
    ...(summary === "" ? [] : [{ type: "reasoning-delta" as const, id, delta: summary }]),
    { type: "reasoning-end", id, providerMetadata: { gemini: { signature: placedSignature(place, signature) } } },
  ];
}

/** A call comes whole. Models before Gemini 3 give it no id: it gets one here, which reply.ts makes unlike those before. */
function readCall(reading: Reading, call: JsonObject, signature: string | undefined): Parts | null {
  const { name, args, id: given } = call;
  if (typeof name !== "string" || name === "" || call.partialArgs !== undefined || call.willContinue === true) return null;
  const id = typeof given === "string" && given !== "" ? given : `call_${reading.calls}`;
  reading.calls += 1;
  const before = signature === undefined ? [] : signatureParts(reading, "call", signature);
  reading.run = undefined;
  const input = args === undefined || args === null ? "" : typeof args === "string" ? args : JSON.stringify(args);
  return [
    ...before,
    { type: "tool-input-start", id, toolName: name },
    ...(input === "" ? [] : [{ type: "tool-input-delta" as const, id, delta: input }]),
    { type: "tool-call", toolCallId: id, toolName: name, input: input === "" ? "{}" : input },
  ];
}

type Unified = Extract<VendorPart, { type: "finish" }>["finishReason"]["unified"];

const reasons: Readonly<Record<string, Unified>> = {
  STOP: "stop",
  MAX_TOKENS: "length",
  SAFETY: "content-filter",
  RECITATION: "content-filter",
  LANGUAGE: "content-filter",
  BLOCKLIST: "content-filter",
  PROHIBITED_CONTENT: "content-filter",
  SPII: "content-filter",
  IMAGE_SAFETY: "content-filter",
};

function finishOf(reason: string, says: Json | undefined, usage: Json | undefined): Parts {
  const unified = Object.hasOwn(reasons, reason) ? reasons[reason] : undefined;
  if (unified !== undefined) return [finish(unified, reason, usage)];
  const message = `${reason}${typeof says === "string" && says !== "" ? `: ${says}` : ""}`;
  // The request itself is at fault: the same again would end the same.
  const code = reason === "MISSING_THOUGHT_SIGNATURE" ? { code: 400 } : {};
  return [{ type: "error", error: { message, type: reason, ...code } }, finish("error", reason, usage)];
}

function finish(unified: Unified, raw: string, usage: Json | undefined): VendorPart {
  const unknown = { total: undefined, noCache: undefined, cacheRead: undefined, cacheWrite: undefined };
  const counted = { inputTokens: unknown, outputTokens: { total: undefined, text: undefined, reasoning: undefined } };
  return { type: "finish", finishReason: { unified, raw }, usage: { ...counted, ...(isJsonObject(usage) ? { raw: usage } : {}) } };
}
