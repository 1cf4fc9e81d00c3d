// Gemini generateContent: requests read, answers written. Shapes from the public API reference (ai.google.dev/api/generate-content).
import { type Json, type JsonObject, parseJson } from "../../base/index.ts";
import type { FilledReply } from "../script.ts";
import { blockTokens } from "../tokens.ts";
import { signaturePrefix, thoughtSignatureOf } from "./gemini-parts.ts";
import { checkGemini, invalid } from "./gemini-rules.ts";
import {
  type Answer,
  asList,
  asObject,
  asText,
  type Block,
  type Frame,
  header,
  type Limits,
  pieces,
  type Refusal,
  type RequestView,
  type ToolResultView,
  type Wire,
} from "./wire.ts";

export const geminiWire: Wire = {
  name: "gemini",
  path: "/v1beta/models/{model}:streamGenerateContent?alt=sse",
  route,
  idHeader: "x-request-id",
  callIdPrefix: "call_",
  answerIdPrefix: "gen_",
  sign: (text, model) => thoughtSignatureOf(model, text),
  key: (headers) => header(headers, "x-goog-api-key"),
  check: (_headers, body, known) => checkGemini(body, known),
  view,
  checkLimits,
  unknownModel: (model) => ({
    status: 404,
    type: "NOT_FOUND",
    message: `models/${model} is not found for API version v1beta, or is not supported for generateContent. Call ListModels to see the list of available models and their supported methods.`,
  }),
  errorBody,
  statusError,
  frames,
  errorFrame: (type, message) => data("other", { error: { code: 503, message, status: type === "overloaded_error" ? "UNAVAILABLE" : type } }),
  unknownFrames,
  whole: (answer) => response(answer, partsOf(upToBroken(answer).answer, false), true),
  models: (ids) => ({ models: ids.map((id) => ({ name: `models/${id}`, displayName: id, supportedGenerationMethods: ["generateContent"] })) }),
};

/** The model and the way stand in the path. Without `alt=sse` Google streams a JSON list, which this server does not. */
function route(path: string): JsonObject | undefined {
  const [, model, method, query = ""] = /^\/v1beta\/models\/([^/:?]+):(streamGenerateContent|generateContent)(?:\?(.*))?$/.exec(path) ?? [];
  if (model === undefined) return undefined;
  const stream = method === "streamGenerateContent";
  if (stream && !query.split("&").includes("alt=sse")) return undefined;
  return { model: decodeURIComponent(model), stream };
}

const statuses: Readonly<Record<number, string>> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
  504: "DEADLINE_EXCEEDED",
};
const messages: Readonly<Record<number, string>> = {
  403: "Permission denied: the API key may not use this model.",
  429: "You exceeded your current quota, please check your plan and billing details.",
  500: "An internal error has occurred. Please retry or report in https://developers.generativeai.google/guide/troubleshooting",
  503: "The model is overloaded. Please try again later.",
  504: "Deadline expired before operation could complete.",
};

function statusError(status: number, message: string | undefined): Refusal {
  // A wrong key is an invalid argument here.
  if (status === 401) return { ...invalid(message ?? "API key not valid. Please pass a valid API key."), code: "API_KEY_INVALID" };
  return { status, type: statuses[status] ?? (status >= 500 ? "INTERNAL" : "INVALID_ARGUMENT"), message: message ?? messages[status] ?? "Request failed." };
}

function errorBody({ status, type, message, code }: Refusal, _requestId: string, retryAfter?: number): Json {
  const info = code === undefined ? [] : [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": code, "domain": "googleapis.com" }];
  const retry = retryAfter === undefined ? [] : [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": `${retryAfter / 1000}s` }];
  const details = [...info, ...retry];
  return { error: { code: status, message, status: type, ...(details.length > 0 ? { details } : {}) } };
}

function checkLimits(view: RequestView, tokens: number, limits: Limits): Refusal | undefined {
  if (limits.maxOutput !== undefined && view.maxOutput > limits.maxOutput)
    return invalid(
      `Unable to submit request because it has a maxOutputTokens value of ${view.maxOutput} but the supported range is from 1 (inclusive) to ${limits.maxOutput + 1} (exclusive). Update the value and try again.`,
    );
  if (tokens <= limits.contextWindow) return undefined;
  return invalid(`The input token count (${tokens}) exceeds the maximum number of tokens allowed (${limits.contextWindow}).`);
}

function view(body: JsonObject): RequestView {
  const contents = asList(body.contents).map(asObject);
  const declared = asList(body.tools).flatMap((tool) => asList(asObject(tool).functionDeclarations));
  const block = (segment: Block["segment"], prefix: string, value: Json): Block => ({
    segment,
    text: prefix + JSON.stringify(value),
    tokens: blockTokens(value),
  });
  const blocks = [
    ...declared.map((tool) => block("tools", "", tool)),
    ...asList(asObject(body.systemInstruction).parts).map((part) => block("system", "", part)),
    ...contents.flatMap((content) => asList(content.parts).map((part, place) => block("messages", place === 0 ? `${asText(content.role)}:` : "", part))),
  ];
  return {
    model: asText(body.model),
    stream: body.stream === true,
    maxOutput: Number(asObject(body.generationConfig).maxOutputTokens ?? 0),
    blocks,
    wholeKey: "",
    messagesKey: "",
    cacheLife: 300_000,
    tools: declared.map((tool) => asText(asObject(tool).name)),
    ...textsOf(body, contents),
  };
}

const textIn = (parts: Json | undefined): string =>
  asList(parts)
    .flatMap((part) => (asObject(part).thought === true || typeof asObject(part).text !== "string" ? [] : [asText(asObject(part).text)]))
    .join("\n");

function textsOf(body: JsonObject, contents: readonly JsonObject[]): Pick<RequestView, "systemText" | "userText" | "texts" | "messages" | "results"> {
  const systemText = textIn(asObject(body.systemInstruction).parts);
  const results: ToolResultView[] = [];
  const texts = systemText === "" ? [] : [systemText];
  let userText = "";
  for (const content of contents) {
    const answers = asList(content.parts).flatMap((part) => (asObject(part).functionResponse === undefined ? [] : [asObject(asObject(part).functionResponse)]));
    for (const { name, response } of answers) {
      const { error, output } = asObject(response);
      const said = asText(error ?? output) || JSON.stringify(response ?? {});
      results.push({ tool: asText(name), text: said, failed: error !== undefined });
      texts.push(said);
    }
    const said = textIn(content.parts);
    if (said !== "") texts.push(said);
    if (content.role === "user" && answers.length === 0) userText = said;
  }
  return { systemText, userText, texts, messages: contents.length, results };
}

/** Parts as they are streamed: each with the place that faults know it by. */
interface Written {
  readonly place: Frame["place"];
  readonly part: JsonObject;
}

/** A signature stands on the first call, on what follows a thought, or on an empty text at the end. `thoughts`: their summaries too. */
function partsOf(answer: Answer, thoughts: boolean): Written[] {
  const written: Written[] = [];
  let signature: string | undefined;
  let calls = 0;
  const signed = (key: string): JsonObject => {
    const found = signature;
    signature = undefined;
    if (found === undefined) return {};
    return { thoughtSignature: found.startsWith(signaturePrefix) ? thoughtSignatureOf(answer.model, key) : found };
  };
  for (const part of answer.parts) {
    switch (part.kind) {
      case "text": {
        for (const text of pieces(part.text)) written.push({ place: "text", part: { text } });
        if (signature !== undefined) written.push({ place: "other", part: { text: "", ...signed(part.text) } });
        break;
      }
      case "thinking":
        for (const text of thoughts ? pieces(part.text) : []) written.push({ place: "thinking", part: { text, thought: true } });
        signature = part.signature;
        break;
      case "redacted-thinking":
        signature = part.data;
        break;
      case "call": {
        calls += 1;
        if (calls === 1) signature ??= signaturePrefix;
        written.push({ place: "arguments", part: { functionCall: callOf(part), ...signed(part.id) } });
        break;
      }
      default:
        part satisfies never;
    }
  }
  if (signature !== undefined) written.push({ place: "other", part: { text: "", ...signed("end") } });
  return written;
}

const callOf = (part: Extract<FilledReply, { kind: "call" }>): JsonObject => ({ id: part.id, name: part.tool, args: argumentsOf(part.arguments) ?? {} });

/** Arguments are an object or nothing: the protocol has no place for others. */
function argumentsOf(text: string): JsonObject | undefined {
  const parsed = parseJson(text);
  return parsed.ok && typeof parsed.value === "object" && parsed.value !== null && !Array.isArray(parsed.value) ? (parsed.value as JsonObject) : undefined;
}

const isBroken = (part: FilledReply): boolean => part.kind === "call" && argumentsOf(part.arguments) === undefined;

/** What the model wrote up to a call that nobody can read. */
function upToBroken(answer: Answer): { readonly answer: Answer; readonly broken: FilledReply | undefined } {
  const at = answer.parts.findIndex(isBroken);
  return at < 0 ? { answer, broken: undefined } : { answer: { ...answer, parts: answer.parts.slice(0, at) }, broken: answer.parts[at] };
}

const finishReasons = { "end": "STOP", "tool-calls": "STOP", "length": "MAX_TOKENS", "refusal": "SAFETY" } as const;

function endOf(answer: Answer): JsonObject {
  const { broken } = upToBroken(answer);
  if (broken?.kind !== "call") return { finishReason: finishReasons[answer.finish] };
  return { finishReason: "MALFORMED_FUNCTION_CALL", finishMessage: `Malformed function call: ${broken.tool}(${broken.arguments})` };
}

function usageOf({ usage }: Answer, whole: boolean): JsonObject {
  const prompt = usage.input + usage.cacheRead;
  const thoughts = Math.min(usage.reasoning, usage.output);
  const counted = whole ? { candidatesTokenCount: usage.output - thoughts, ...(thoughts > 0 ? { thoughtsTokenCount: thoughts } : {}) } : {};
  return {
    promptTokenCount: prompt,
    ...counted,
    totalTokenCount: prompt + (whole ? usage.output : 0),
    ...(usage.cacheRead > 0 ? { cachedContentTokenCount: usage.cacheRead } : {}),
  };
}

function response(answer: Answer, written: readonly Written[], ends: boolean): JsonObject {
  const named = { usageMetadata: usageOf(answer, ends), modelVersion: answer.model, responseId: answer.id };
  // A prompt that was blocked has no candidate.
  if (ends && answer.finish === "refusal" && answer.parts.length === 0) return { promptFeedback: { blockReason: "SAFETY" }, ...named };
  const content = { role: "model", parts: written.length > 0 ? written.map(({ part }) => part) : [{ text: "" }] };
  return { candidates: [{ content, ...(ends ? endOf(answer) : {}), index: 0 }], ...named };
}

const data = (place: Frame["place"], value: JsonObject): Frame => ({ place, text: `data: ${JSON.stringify(value)}\n\n` });

function frames(answer: Answer, body: JsonObject): Frame[] {
  const thoughts = asObject(asObject(body.generationConfig).thinkingConfig).includeThoughts === true;
  const sound = upToBroken(answer).answer;
  return [
    data("start", response(answer, [], false)),
    ...partsOf(sound, thoughts).map((written) => data(written.place, response(answer, [written], false))),
    data("finish", response(answer, [], true)),
  ];
}

function unknownFrames(answer: Answer): { early: Frame; middle: Frame; late: Frame } {
  const novel: Written = { place: "other", part: { novelPart: { share: 0.5 } } };
  return {
    early: { place: "other", text: ": a comment\n\n" },
    middle: data("other", response(answer, [novel], false)),
    late: data("other", { novelField: "a field that no client knows" }),
  };
}
