// OpenAI Responses: requests read, answers written. Shapes and the order of events from the public API reference.
import type { Json, JsonObject } from "../../base/index.ts";
import type { FilledReply } from "../script.ts";
import { blockTokens } from "../tokens.ts";
import { openaiChatWire } from "./openai-chat.ts";
import { encryptedContentOf, hasBreakpoints, itemsOf, typeOf } from "./openai-items.ts";
import { checkOpenaiResponses } from "./openai-responses-rules.ts";
import {
  type Answer,
  asList,
  asObject,
  asText,
  type Block,
  bearer,
  type Frame,
  type Limits,
  pieces,
  type Refusal,
  type RequestView,
  type ToolResultView,
  type Wire,
  withoutMarkers,
} from "./wire.ts";

export const openaiResponsesWire: Wire = {
  name: "openai-responses",
  path: "/v1/responses",
  idHeader: "x-request-id",
  callIdPrefix: "call_",
  answerIdPrefix: "resp_",
  sign: encryptedContentOf,
  needs,
  key: bearer,
  check: (_headers, body, known) => checkOpenaiResponses(body, known),
  view,
  checkLimits,
  unknownModel: (model) => ({
    status: 400,
    type: "invalid_request_error",
    message: `The requested model '${model}' does not exist.`,
    parameter: "model",
    code: "model_not_found",
  }),
  errorBody: openaiChatWire.errorBody,
  statusError: openaiChatWire.statusError,
  frames,
  errorFrame: (type, message) => event("other", { type: "error", code: type, message, param: null }),
  unknownFrames,
  whole: (answer) =>
    responseOf(
      answer,
      answer.parts.map((_part, index) => wholeItem(answer, index, true)),
      endOf(answer),
      true,
    ),
  models: openaiChatWire.models,
};

function checkLimits(view: RequestView, tokens: number, limits: Limits): Refusal | undefined {
  const refuse = (message: string, code: string, parameter: string): Refusal => ({ status: 400, type: "invalid_request_error", message, code, parameter });
  if (limits.maxOutput !== undefined && view.maxOutput > limits.maxOutput)
    return refuse(
      `Invalid 'max_output_tokens': integer above maximum value. Expected a value <= ${limits.maxOutput}, but got ${view.maxOutput} instead.`,
      "integer_above_max_value",
      "max_output_tokens",
    );
  if (tokens <= limits.contextWindow) return undefined;
  return refuse("Your input exceeds the context window of this model. Please adjust your input and try again.", "context_length_exceeded", "input");
}

const isSystem = (item: JsonObject): boolean => typeOf(item) === "message" && (item.role === "system" || item.role === "developer");
const isModels = (item: JsonObject): boolean => item.role === "assistant" || typeOf(item) === "function_call" || typeOf(item) === "reasoning";

function view(body: JsonObject): RequestView {
  const items = itemsOf(body.input);
  const model = asText(body.model);
  const reasoning = asObject(body.reasoning);
  const mode = asObject(body.prompt_cache_options).mode === "explicit" ? "explicit" : "implicit";
  return {
    model,
    stream: body.stream === true,
    maxOutput: Number(body.max_output_tokens ?? 0),
    blocks: blocksOf(body, items),
    wholeKey: JSON.stringify([body.prompt_cache_key ?? null, reasoning.effort ?? null, asObject(body.text).format ?? null]),
    messagesKey: "",
    cacheLife: body.prompt_cache_retention === "24h" ? 86_400_000 : 300_000,
    ...(hasBreakpoints(model) ? { breakpoints: mode } : {}),
    tools: asList(body.tools).map((tool) => asText(asObject(tool).name)),
    ...textsOf(body, items),
  };
}

function blocksOf(body: JsonObject, items: readonly JsonObject[]): Block[] {
  const blocks: Block[] = asList(body.tools).map((tool) => plainBlock("tools", "", tool));
  if (typeof body.instructions === "string") blocks.push(plainBlock("system", "", body.instructions));
  const head = items.findIndex((item) => !isSystem(item));
  for (const [index, item] of items.entries()) {
    const segment = index < head || head < 0 ? "system" : "messages";
    const name = typeOf(item) === "message" ? asText(item.role) : `${typeOf(item)} ${asText(item.call_id)}`;
    const contents = typeOf(item) === "function_call_output" ? item.output : item.content;
    if (typeOf(item) === "reasoning" || !Array.isArray(contents)) {
      const block = plainBlock(segment, `${name}:`, withoutMarkers(item));
      blocks.push(isModels(item) || segment === "system" ? block : { ...block, endsTurn: true });
      continue;
    }
    contents.forEach((content: Json, place) => {
      const block = plainBlock(segment, place === 0 ? `${name}:` : "", content);
      blocks.push(place === contents.length - 1 && segment === "messages" && !isModels(item) ? { ...block, endsTurn: true } : block);
    });
  }
  return blocks;
}

function plainBlock(segment: Block["segment"], prefix: string, value: Json): Block {
  const plain = withoutMarkers(value);
  const marked = asObject(value).prompt_cache_breakpoint !== undefined;
  return { segment, text: prefix + JSON.stringify(plain), tokens: blockTokens(plain), ...(marked ? { breakpoint: "5m" } : {}) };
}

const textIn = (content: Json | undefined): string =>
  typeof content === "string"
    ? content
    : asList(content)
        .map((part) => asText(asObject(part).text))
        .join("\n");

function textsOf(body: JsonObject, items: readonly JsonObject[]): Pick<RequestView, "systemText" | "userText" | "texts" | "messages" | "results"> {
  const names = new Map<string, string>();
  const results: ToolResultView[] = [];
  const system = typeof body.instructions === "string" ? [body.instructions] : [];
  const texts = [...system];
  let messages = 0;
  for (const [index, item] of items.entries()) {
    const type = typeOf(item);
    if (type === "function_call") names.set(asText(item.call_id), asText(item.name));
    if (type === "function_call_output") results.push({ tool: names.get(asText(item.call_id)) ?? "", text: textIn(item.output) });
    if (type === "function_call_output") texts.push(textIn(item.output));
    if (type === "message") texts.push(textIn(item.content));
    if (isSystem(item)) system.push(textIn(item.content));
    // What the model said in one turn counts as one message, as on the other wires.
    else if (!isModels(item) || !isModels(items[index - 1] ?? {})) messages += 1;
  }
  const user = items.findLast((item) => typeOf(item) === "message" && item.role === "user");
  return { systemText: system.join("\n"), userText: user ? textIn(user.content) : "", texts, messages, results };
}

/** Each call with the reasoning that stands before it in its answer. */
function needs(answer: Answer): readonly (readonly [string, string])[] {
  let last: string | undefined;
  return answer.parts.flatMap((part, index): (readonly [string, string])[] => {
    if (part.kind === "thinking" || part.kind === "redacted-thinking") last = itemId(answer, index);
    return part.kind === "call" && last !== undefined ? [[itemId(answer, index), last]] : [];
  });
}

const idPrefixes = { "text": "msg_", "thinking": "rs_", "redacted-thinking": "rs_", "call": "fc_" } as const;
const itemId = (answer: Answer, index: number): string =>
  `${idPrefixes[answer.parts[index]?.kind ?? "text"]}${answer.id.slice("resp_".length)}${String(index).padStart(2, "0")}`;

interface End {
  readonly status: "completed" | "incomplete";
  readonly reason: "max_output_tokens" | "content_filter" | null;
}
/** A refusal is said in words where there are any; without, the answer was filtered. */
function endOf(answer: Answer): End {
  if (answer.finish === "length") return { status: "incomplete", reason: "max_output_tokens" };
  const silent = answer.finish === "refusal" && !answer.parts.some((part) => part.kind === "text");
  return silent ? { status: "incomplete", reason: "content_filter" } : { status: "completed", reason: null };
}

function wholeItem(answer: Answer, index: number, encrypted: boolean): JsonObject {
  const part = answer.parts[index] as FilledReply;
  const id = itemId(answer, index);
  const cut = answer.finish === "length" && index === answer.parts.length - 1;
  const status = cut ? "incomplete" : "completed";
  switch (part.kind) {
    case "text":
      return { id, type: "message", status, content: [contentOf(answer, part.text)], role: "assistant" };
    case "thinking":
      return { id, type: "reasoning", summary: summaryOf(part.text), ...(encrypted ? { encrypted_content: part.signature } : {}) };
    case "redacted-thinking":
      return { id, type: "reasoning", summary: [], ...(encrypted ? { encrypted_content: part.data } : {}) };
    case "call":
      return { id, type: "function_call", status, arguments: part.arguments, call_id: part.id, name: part.tool };
    default:
      return part satisfies never;
  }
}

const summaryOf = (text: string): Json => (text === "" ? [] : [{ type: "summary_text", text }]);
const contentOf = (answer: Answer, text: string): JsonObject =>
  answer.finish === "refusal" ? { type: "refusal", refusal: text } : { type: "output_text", annotations: [], logprobs: [], text };

function responseOf(answer: Answer, output: readonly Json[], end: End | undefined, counted: boolean): JsonObject {
  const { input, output: written, cacheRead, cacheWrite, reasoning } = answer.usage;
  const prompt = input + cacheRead + cacheWrite;
  const usage = {
    input_tokens: prompt,
    input_tokens_details: { cached_tokens: cacheRead, ...(hasBreakpoints(answer.model) ? { cache_write_tokens: cacheWrite } : {}) },
    output_tokens: written,
    output_tokens_details: { reasoning_tokens: reasoning },
    total_tokens: prompt + written,
  };
  return {
    id: answer.id,
    object: "response",
    created_at: Math.floor(answer.createdAt / 1000),
    status: end?.status ?? "in_progress",
    error: null,
    incomplete_details: end?.reason ? { reason: end.reason } : null,
    model: answer.model,
    output,
    store: false,
    usage: counted ? usage : null,
  };
}

const event = (place: Frame["place"], value: JsonObject): Frame => ({ place, text: `event: ${asText(value.type)}\ndata: ${JSON.stringify(value)}\n\n` });

type Write = (place: Frame["place"], type: string, value: JsonObject) => void;

function frames(answer: Answer, body: JsonObject): Frame[] {
  const encrypted = asList(body.include).includes("reasoning.encrypted_content");
  const result: Frame[] = [];
  const write: Write = (place, type, value) => void result.push(event(place, { type, sequence_number: result.length, ...value }));
  write("start", "response.created", { response: responseOf(answer, [], undefined, false) });
  write("other", "response.in_progress", { response: responseOf(answer, [], undefined, false) });
  answer.parts.forEach((_part, index) => {
    writeItem(write, answer, index, encrypted);
  });
  const end = endOf(answer);
  const output = answer.parts.map((_part, index) => wholeItem(answer, index, encrypted));
  write("finish", `response.${end.status}`, { response: responseOf(answer, output, end, true) });
  return result;
}

function writeItem(write: Write, answer: Answer, index: number, encrypted: boolean): void {
  const part = answer.parts[index] as FilledReply;
  const done = wholeItem(answer, index, encrypted);
  const at = { item_id: itemId(answer, index), output_index: index };
  const added: JsonObject = { ...done, ...(part.kind === "text" ? { content: [], status: "in_progress" } : {}) };
  const started = part.kind === "call" ? { ...added, arguments: "", status: "in_progress" } : part.kind === "text" ? added : { ...added, summary: [] };
  write("other", "response.output_item.added", { output_index: index, item: started });
  if (part.kind === "text") writeText(write, answer, part.text, { ...at, content_index: 0 });
  if (part.kind === "thinking" && part.text !== "") writeSummary(write, part.text, { ...at, summary_index: 0 });
  if (part.kind === "call") {
    for (const delta of pieces(part.arguments, 24, 3)) write("arguments", "response.function_call_arguments.delta", { ...at, delta });
    write("other", "response.function_call_arguments.done", { ...at, arguments: part.arguments });
  }
  write("other", "response.output_item.done", { output_index: index, item: done });
}

function writeText(write: Write, answer: Answer, text: string, at: JsonObject): void {
  const refused = answer.finish === "refusal";
  const kind = refused ? "refusal" : "output_text";
  write("other", "response.content_part.added", { ...at, part: contentOf(answer, "") });
  for (const delta of pieces(text)) write("text", `response.${kind}.delta`, { ...at, delta });
  write("other", `response.${kind}.done`, { ...at, ...(refused ? { refusal: text } : { text }) });
  write("other", "response.content_part.done", { ...at, part: contentOf(answer, text) });
}

function writeSummary(write: Write, text: string, at: JsonObject): void {
  write("other", "response.reasoning_summary_part.added", { ...at, part: { type: "summary_text", text: "" } });
  for (const delta of pieces(text)) write("thinking", "response.reasoning_summary_text.delta", { ...at, delta });
  write("other", "response.reasoning_summary_text.done", { ...at, text });
  write("other", "response.reasoning_summary_part.done", { ...at, part: { type: "summary_text", text } });
}

function unknownFrames(answer: Answer): { early: Frame; middle: Frame; late: Frame } {
  const index = answer.parts.length;
  const item = { id: "nv_1", type: "novel_item", novelty: 1 };
  const added = event("other", { type: "response.output_item.added", output_index: index, item });
  const done = event("other", { type: "response.output_item.done", output_index: index, item });
  return {
    early: event("other", { type: "response.novel", note: "a type that no client knows" }),
    middle: event("other", { type: "response.novel.progress", share: 0.5 }),
    late: { place: "other", text: added.text + done.text },
  };
}
