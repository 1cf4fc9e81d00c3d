// A reply on the Anthropic wire, whole: what a server streams, as one text.
import type { ScriptedCall } from "./script.ts";

/** `inputTokens` is what the reply claims to have read. Without calls the model says "done" and ends its turn. */
export function renderReply(turn: number, calls: readonly ScriptedCall[], inputTokens: number): string {
  const usage = { input_tokens: inputTokens, cache_creation_input_tokens: 0, cache_read_input_tokens: 0, output_tokens: 1 };
  const message = { id: `msg_${turn}`, type: "message", role: "assistant", model: "claude", content: [], stop_reason: null, stop_sequence: null, usage };
  const blocks = calls.length === 0 ? textBlock("done") : calls.flatMap((call, index) => callBlock(index, `toolu_${turn}_${index}`, call));
  const stop = { stop_reason: calls.length === 0 ? "end_turn" : "tool_use", stop_sequence: null };
  return [
    { type: "message_start", message },
    ...blocks,
    { type: "message_delta", delta: stop, usage: { output_tokens: 20 + 30 * calls.length } },
    { type: "message_stop" },
  ]
    .map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`)
    .join("");
}

interface Event {
  readonly type: string;
}

function textBlock(text: string): Event[] {
  return [
    { type: "content_block_start", index: 0, content_block: { type: "text", text: "" } } as Event,
    { type: "content_block_delta", index: 0, delta: { type: "text_delta", text } } as Event,
    { type: "content_block_stop", index: 0 } as Event,
  ];
}

function callBlock(index: number, id: string, call: ScriptedCall): Event[] {
  return [
    { type: "content_block_start", index, content_block: { type: "tool_use", id, name: call.tool, input: {} } } as Event,
    { type: "content_block_delta", index, delta: { type: "input_json_delta", partial_json: JSON.stringify(call.input) } } as Event,
    { type: "content_block_stop", index } as Event,
  ];
}
