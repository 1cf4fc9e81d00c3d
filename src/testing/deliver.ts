// Writes one answer to a socket, at its pace and with its fault.
import type { ServerResponse } from "node:http";
import type { Clock, JsonObject } from "../base/index.ts";
import type { Delay, Fault, FilledReply } from "./script.ts";
import type { Answer, Frame, Wire } from "./wire/wire.ts";

export interface Delivery {
  readonly wire: Wire;
  readonly answer: Answer;
  /** The request's body: it says whether a stream is wanted, and with what in it. */
  readonly body: JsonObject;
  readonly stream: boolean;
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly delay: Delay;
  readonly fault: Fault | undefined;
  /** Aborts when the client is gone. */
  readonly gone: AbortSignal;
  firstByte(): void;
  /** Called just before the last byte goes out. */
  lastByte(): void;
}

export type DeliveryEnd = "complete" | "cut" | "client-gone";

interface Plan {
  readonly frames: readonly Frame[];
  /** The socket is destroyed after the last frame. */
  readonly cut: boolean;
  /** No byte for so long after this frame; undefined: until the client is gone. */
  readonly stall?: { readonly after: number; readonly milliseconds: number | undefined };
}

export async function deliver(delivery: Delivery): Promise<DeliveryEnd> {
  const { fault, delay, clock, gone, response } = delivery;
  if (fault?.kind === "stall" && fault.at === "start") await pause(clock, fault.milliseconds, gone);
  if (delay.first) await clock.sleep(delay.first, gone);
  if (gone.aborted) return "client-gone";
  const answer = fault?.kind === "truncated-arguments" ? truncated(delivery.answer) : delivery.answer;
  const plan = planOf(delivery.stream ? delivery.wire.frames(answer, delivery.body) : wholeFrames(delivery.wire, answer), { ...delivery, answer });
  const type = delivery.stream ? "text/event-stream; charset=utf-8" : "application/json";
  response.writeHead(200, { "content-type": type, "cache-control": "no-cache", ...delivery.headers });
  for (const [index, frame] of plan.frames.entries()) {
    if (index === 0) delivery.firstByte();
    if (index === plan.frames.length - 1) delivery.lastByte();
    else if (index > 0 && delay.between) await clock.sleep(delay.between, gone);
    if (gone.aborted) return "client-gone";
    await write(delivery, frame.text, plan.cut && index === plan.frames.length - 1);
    if (plan.stall?.after === index) await pause(clock, plan.stall.milliseconds, gone);
  }
  if (gone.aborted) return "client-gone";
  if (plan.cut) response.destroy();
  else response.end();
  return plan.cut ? "cut" : "complete";
}

async function write(delivery: Delivery, text: string, flushed: boolean): Promise<void> {
  const { response, fault, clock, gone } = delivery;
  if (fault?.kind === "slow-bytes") {
    const bytes = Buffer.from(text);
    for (let start = 0; start < bytes.length && !gone.aborted; start += fault.bytes) {
      await send(response, bytes.subarray(start, start + fault.bytes));
      await clock.sleep(fault.milliseconds, gone);
    }
    return;
  }
  // Bytes must have left before a socket is destroyed or a pause begins; otherwise the kernel may take its time.
  if (flushed || fault?.kind === "stall") return send(response, text);
  if (!response.write(text)) await Promise.race([new Promise((resolve) => response.once("drain", resolve)), whenAborted(gone)]);
}

const send = (response: ServerResponse, data: string | Uint8Array): Promise<void> => new Promise((resolve) => void response.write(data, () => resolve()));

/** Waits so long, or (undefined) until the client is gone. */
async function pause(clock: Clock, milliseconds: number | undefined, gone: AbortSignal): Promise<void> {
  if (milliseconds !== undefined) await clock.sleep(milliseconds, gone);
  else await whenAborted(gone);
}

const whenAborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });

function truncated(answer: Answer): Answer {
  const cut = (part: FilledReply): FilledReply =>
    part.kind === "call" ? { ...part, arguments: part.arguments.slice(0, Math.ceil(part.arguments.length / 2)) } : part;
  return { ...answer, parts: answer.parts.map(cut) };
}

/** An answer that is no stream, in two pieces, so that faults have a middle. */
function wholeFrames(wire: Wire, answer: Answer): Frame[] {
  const text = JSON.stringify(wire.whole(answer));
  const half = Math.ceil(text.length / 2);
  return [
    { place: "text", text: text.slice(0, half) },
    { place: "finish", text: text.slice(half) },
  ];
}

function planOf(frames: readonly Frame[], delivery: Delivery): Plan {
  const { fault, stream } = delivery;
  const middle = middleOf(frames);
  const whole: Plan = { frames, cut: false };
  switch (fault?.kind) {
    case "cut":
      return { frames: cutFrames(frames, stream ? fault.at : "text"), cut: true };
    case "no-finish":
      return { frames: frames.filter((frame) => frame.place !== "finish"), cut: false };
    case "error-event":
      return {
        frames: [...frames.slice(0, middle + 1), delivery.wire.errorFrame(fault.error ?? "overloaded_error", fault.message ?? "Overloaded")],
        cut: false,
      };
    case "malformed-stream":
      return { frames: [...frames.slice(0, middle + 1), { place: "other", text: stream ? 'data: {"type":"content_block_del\n\n' : "" }], cut: false };
    case "stall":
      return fault.at === "middle" ? { ...whole, stall: { after: middle, milliseconds: fault.milliseconds } } : whole;
    case "unknown-events":
      return stream ? { frames: withUnknown(frames, delivery, middle), cut: false } : whole;
    case "slow-bytes":
    case "truncated-arguments":
    case "duplicate":
    case "status":
    case "context-too-long":
    case "html":
    case "empty":
    case undefined:
      return whole; // either done elsewhere, or not to the frames
  }
}

/** The middle one of the frames that carry content; the first frame when none does. */
function middleOf(frames: readonly Frame[]): number {
  const contents = frames.flatMap((frame, index) => (frame.place === "text" || frame.place === "thinking" || frame.place === "arguments" ? [index] : []));
  return contents[Math.floor((contents.length - 1) / 2)] ?? 0;
}

// In text: in the middle frame. In arguments: in the very last frame, so that calls before it look complete.
function cutFrames(frames: readonly Frame[], at: Extract<Fault, { kind: "cut" }>["at"]): Frame[] {
  if (at === "start" || at === "connection") return frames.slice(0, 1);
  const places = frames.flatMap((frame, index) => (frame.place === at ? [index] : []));
  const index = (at === "arguments" ? places.at(-1) : places[Math.floor(places.length / 2)]) ?? 0;
  const frame = frames[index];
  return frame ? [...frames.slice(0, index), { ...frame, text: frame.text.slice(0, Math.ceil(frame.text.length / 2)) }] : [];
}

function withUnknown(frames: readonly Frame[], delivery: Delivery, middle: number): Frame[] {
  const { early, middle: between, late } = delivery.wire.unknownFrames(delivery.answer);
  const finish = frames.findIndex((frame) => frame.place === "finish");
  return frames.flatMap((frame, index) => {
    if (index === 0) return [frame, early];
    if (index === finish) return [late, frame];
    return index === middle ? [frame, between] : [frame];
  });
}
