// Puts a vendor's stream together: our stream parts on the way, one assistant message at the end.
// Owns: what counts as a call. Called by stream.ts with each part of the vendor library; calls nothing but the vendor's reading rules.
// Invariants:
// 1. A call is what the model finished writing: strictly parsed, an object, under an id of its own. Everything else is rejected; nothing is repaired.
// 2. The message holds the blocks in the model's order; thinking and signatures to the letter.
// 3. A reply that failed or was aborted holds no calls: none of them ran, so none needs a result.
import type { SharedV4ProviderMetadata, LanguageModelV4StreamPart as VendorPart, LanguageModelV4Usage as VendorUsage } from "@ai-sdk/provider";
import { type CallId, isJsonObject, type Json, parseJson } from "../../base/index.ts";
import { type AssistantPart, type Finish, noUsage, type Usage } from "../message.ts";
import type { StreamPart } from "../provider.ts";

/** How one vendor's stream is read where vendors differ. Made anew for each reply. */
export interface VendorReading {
  /** Usage said before the end, from a starting event or a raw chunk. */
  earlyUsage(part: VendorPart): Usage | undefined;
  /** The final count; undefined when the vendor gave none. */
  finalUsage(usage: VendorUsage): Usage | undefined;
  thinking(metadata: SharedV4ProviderMetadata | undefined): { readonly signature?: string; readonly redacted?: string };
  /** True when an event that could not be read carried a part of the reply, so that going on would alter what the model said. */
  losesContent(event: unknown): boolean;
  /** True when an event that could not be read may belong to the block under way. */
  concernsBlock(event: unknown): boolean;
  /** True when the vendor library renamed this call because its id repeats another one of the same reply. */
  isRepeated(callId: string): boolean;
}

interface OpenCall {
  readonly kind: "call";
  readonly id: CallId;
  readonly tool: string;
  readonly repeated: boolean;
  raw: string;
  /** An event could not be read while its arguments streamed. */
  torn: boolean;
  state: "open" | "waiting" | "settled";
  part: AssistantPart | undefined;
}
type Entry =
  | { readonly kind: "text"; text: string }
  | { readonly kind: "thinking"; text: string; signature: string | undefined }
  | { readonly kind: "redacted"; readonly data: string }
  | OpenCall;

export interface ProviderError {
  readonly message: string;
  readonly kind: string;
  readonly status?: number;
}
export interface ReplyEnd {
  readonly unified: "stop" | "length" | "content-filter" | "tool-calls" | "error" | "other" | "interrupted";
  readonly raw: string | undefined;
}

/** One reply, while it comes and when it is over. */
export class Reply {
  readonly wire: Record<string, string> = {};
  end: ReplyEnd | undefined;
  usage: Usage = noUsage;
  usageFinal = false;
  /** What the provider said went wrong, in the stream. */
  error: ProviderError | undefined;
  /** An event that carried a part of the reply could not be read. */
  garbled: string | undefined;
  readonly #model: string;
  readonly #vendor: VendorReading;
  readonly #idsInUse: () => ReadonlySet<string>;
  readonly #entries: Entry[] = [];
  readonly #texts = new Map<string, Extract<Entry, { kind: "text" }>>();
  readonly #thoughts = new Map<string, Extract<Entry, { kind: "thinking" }>>();
  readonly #calls = new Map<string, OpenCall[]>();
  readonly #ids = new Set<string>();
  #started = false;
  #ignored = 0;

  /** `idsInUse` gives the ids of the calls of earlier replies; it is asked when there is a call. */
  constructor(model: string, vendor: VendorReading, idsInUse: () => ReadonlySet<string>) {
    this.#model = model;
    this.#vendor = vendor;
    this.#idsInUse = idsInUse;
  }

  /** Whether any block of a message was seen. */
  get hasContent(): boolean {
    return this.#entries.length > 0;
  }

  take(part: VendorPart): StreamPart[] {
    const early = this.#vendor.earlyUsage(part);
    if (early && !this.usageFinal) this.usage = early;
    switch (part.type) {
      case "response-metadata":
        if (part.id) this.wire.messageId = part.id;
        return this.#begin(part.modelId);
      case "text-start":
        return this.#startText(part.id);
      case "text-delta":
        return this.#addText(part.id, part.delta);
      case "reasoning-start":
        return this.#startThinking(part);
      case "reasoning-delta":
      case "reasoning-end":
        return this.#addThinking(part);
      case "tool-input-start": {
        const before = [...this.#begin(undefined), ...this.#settleWaiting(false)];
        const call = this.#openCall(part.id, part.toolName);
        return [...before, { type: "tool-matched", id: call.id, tool: call.tool }];
      }
      case "tool-input-delta": {
        const call = this.#calls.get(part.id)?.findLast((candidate) => candidate.state === "open");
        if (call) call.raw += part.delta;
        return [];
      }
      case "tool-call":
        return this.#closeCall(part.toolCallId, part.toolName, part.input);
      case "error":
        this.#takeError(part.error);
        return [];
      case "finish":
        this.#takeFinish(part);
        return [];
      default:
        return [];
    }
  }

  /** Call once, last. The parts are those that were waiting for the end. */
  close(how: "complete" | "broken"): { readonly parts: StreamPart[]; readonly content: readonly AssistantPart[]; readonly finish: Finish } {
    if (how === "broken") return { parts: [], content: contentOf(this.#entries, false), finish: "error" };
    const parts = this.#settleWaiting(this.end?.unified === "length");
    for (const entry of this.#entries) {
      if (entry.kind === "call" && entry.state === "open") parts.push(settle(entry, { why: "The reply ended within its arguments." }));
    }
    return { parts, content: contentOf(this.#entries, true), finish: finishOf(this.end, this.#entries) };
  }

  #begin(reported: string | undefined): StreamPart[] {
    if (reported) this.wire.model = reported;
    if (this.#started) return [];
    this.#started = true;
    return [{ type: "message-start", model: reported ?? this.#model }];
  }

  #startText(id: string): StreamPart[] {
    const parts = [...this.#begin(undefined), ...this.#settleWaiting(false)];
    const entry: Entry = { kind: "text", text: "" };
    this.#entries.push(entry);
    this.#texts.set(id, entry);
    return parts;
  }

  #addText(id: string, delta: string): StreamPart[] {
    const entry = this.#texts.get(id);
    if (!entry || delta === "") return [];
    entry.text += delta;
    return [{ type: "text-delta", text: delta }];
  }

  #startThinking(part: Extract<VendorPart, { type: "reasoning-start" }>): StreamPart[] {
    const parts = [...this.#begin(undefined), ...this.#settleWaiting(false)];
    const { signature, redacted } = this.#vendor.thinking(part.providerMetadata);
    if (redacted !== undefined) this.#entries.push({ kind: "redacted", data: redacted });
    else {
      const entry: Entry = { kind: "thinking", text: "", signature };
      this.#entries.push(entry);
      this.#thoughts.set(part.id, entry);
    }
    return parts;
  }

  #addThinking(part: Extract<VendorPart, { type: "reasoning-delta" | "reasoning-end" }>): StreamPart[] {
    const entry = this.#thoughts.get(part.id);
    if (!entry) return [];
    const { signature } = this.#vendor.thinking(part.providerMetadata);
    if (signature !== undefined) entry.signature = signature;
    if (part.type === "reasoning-end") this.#thoughts.delete(part.id);
    if (part.type !== "reasoning-delta" || part.delta === "") return [];
    entry.text += part.delta;
    return [{ type: "thinking-delta", text: part.delta }];
  }

  #openCall(vendorId: string, tool: string): OpenCall {
    const repeated = this.#calls.has(vendorId) || this.#vendor.isRepeated(vendorId);
    const call: OpenCall = { kind: "call", id: this.#uniqueId(vendorId), tool, repeated, raw: "", torn: false, state: "open", part: undefined };
    this.#entries.push(call);
    this.#calls.set(vendorId, [...(this.#calls.get(vendorId) ?? []), call]);
    return call;
  }

  #uniqueId(id: string): CallId {
    let free = id;
    for (let next = 2; this.#ids.has(free) || this.#idsInUse().has(free); next++) free = `${id}_${next}`;
    this.#ids.add(free);
    return free as CallId;
  }

  #closeCall(vendorId: string, tool: string, input: string): StreamPart[] {
    const before = this.#settleWaiting(false);
    const call = this.#calls.get(vendorId)?.find((candidate) => candidate.state === "open") ?? this.#openCall(vendorId, tool);
    // The Anthropic library writes "{}" where the model wrote nothing.
    const empty = call.raw === "" && (input.trim() === "" || input === "{}");
    if (!empty) call.raw = input;
    if (call.torn) return [...before, settle(call, { why: "A part of its arguments could not be read." })];
    if (call.repeated) return [...before, settle(call, { why: "Its id repeats another call of the same reply." })];
    if (!empty) return [...before, settle(call, judgeArguments(input))];
    call.state = "waiting";
    return before;
  }

  /** A call without arguments is real only when something follows it, or the reply was not cut. */
  #settleWaiting(cut: boolean): StreamPart[] {
    return this.#entries.flatMap((entry) => {
      if (entry.kind !== "call" || entry.state !== "waiting") return [];
      const unsure = cut && entry === this.#entries.at(-1);
      return [settle(entry, unsure ? { why: "The reply was cut at its length limit before its arguments." } : { input: {} })];
    });
  }

  #takeError(thrown: unknown): void {
    const event = unreadableEvent(thrown);
    if (!event) {
      this.error = providerError(thrown);
      this.wire.error = this.error.message;
      return;
    }
    this.#ignored += 1;
    this.wire.ignoredEvents = String(this.#ignored);
    if (event.broken || this.#vendor.losesContent(event.value)) this.garbled = event.says;
    if (!this.#vendor.concernsBlock(event.value)) return;
    for (const entry of this.#entries) if (entry.kind === "call" && entry.state === "open") entry.torn = true;
  }

  #takeFinish(part: Extract<VendorPart, { type: "finish" }>): void {
    const { unified, raw } = part.finishReason;
    const counted = this.#vendor.finalUsage(part.usage);
    if (counted) this.usage = counted;
    this.usageFinal = counted !== undefined && unified !== "interrupted" && unified !== "error";
    this.end = { unified, raw };
    if (raw) this.wire.stopReason = raw;
  }
}

function settle(call: OpenCall, outcome: { readonly input: Json } | { readonly why: string }): StreamPart {
  call.state = "settled";
  if ("input" in outcome) {
    const made = { id: call.id, tool: call.tool, input: outcome.input };
    call.part = { type: "call", call: made };
    return { type: "tool-call", call: made };
  }
  call.part = { type: "rejected-call", id: call.id, tool: call.tool, raw: call.raw, why: outcome.why };
  return { type: "call-rejected", id: call.id, tool: call.tool, why: outcome.why };
}

function judgeArguments(raw: string): { readonly input: Json } | { readonly why: string } {
  const parsed = parseJson(raw);
  if (!parsed.ok) return { why: `Its arguments are not JSON: ${parsed.why}` };
  return isJsonObject(parsed.value) ? { input: parsed.value } : { why: "Its arguments are not a JSON object." };
}

function contentOf(entries: readonly Entry[], withCalls: boolean): AssistantPart[] {
  return entries.flatMap((entry): AssistantPart[] => {
    switch (entry.kind) {
      case "text":
        return entry.text === "" ? [] : [{ type: "text", text: entry.text }];
      case "thinking":
        if (entry.text === "" && entry.signature === undefined) return [];
        return [{ type: "thinking", text: entry.text, ...(entry.signature === undefined ? {} : { signature: entry.signature }) }];
      case "redacted":
        return [{ type: "redacted-thinking", data: entry.data }];
      case "call":
        return withCalls && entry.part ? [entry.part] : [];
      default:
        return entry satisfies never;
    }
  });
}

/** What the vendor says, except where it contradicts the blocks it sent: some servers say "stop" after calls. */
function finishOf(end: ReplyEnd | undefined, entries: readonly Entry[]): Finish {
  if (end?.unified === "length") return "length";
  if (end?.unified === "content-filter") return "refusal";
  return entries.some((entry) => entry.kind === "call") ? "tool-calls" : "end";
}

/** An event that the vendor library could not parse or did not know, as opposed to an error that the provider reports. */
function unreadableEvent(thrown: unknown): { readonly broken: boolean; readonly value: unknown; readonly says: string } | undefined {
  if (!(thrown instanceof Error)) return undefined;
  if (thrown.name === "AI_JSONParseError") return { broken: true, value: undefined, says: "an event is not JSON" };
  if (thrown.name !== "AI_TypeValidationError" && thrown.name !== "AI_InvalidResponseDataError") return undefined;
  const value = "value" in thrown ? thrown.value : undefined;
  return { broken: false, value, says: "an event does not follow the protocol" };
}

function providerError(thrown: unknown): ProviderError {
  const source: Readonly<Record<string, unknown>> =
    typeof thrown === "object" && thrown !== null ? (thrown as Record<string, unknown>) : { message: String(thrown) };
  const named = [source.code, source.type].filter((value) => typeof value === "string" || typeof value === "number");
  const status = typeof source.statusCode === "number" ? source.statusCode : typeof source.code === "number" ? source.code : undefined;
  const message = typeof source.message === "string" ? source.message : JSON.stringify(thrown);
  return { message, kind: named.join(" "), ...(status !== undefined && status >= 400 && status < 600 ? { status } : {}) };
}
