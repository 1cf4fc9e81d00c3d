import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { historyOf } from "../../src/context/history.ts";
import { pairedView } from "../../src/context/index.ts";
import type { AssistantMessage, Message } from "../../src/model/index.ts";
import { callPart, replyOf, resultOf, textPart, userMessage } from "./state.ts";

/** Independent of the code under test: every call has exactly one result, right after its reply, in order. */
function isPaired(messages: readonly Message[]): boolean {
  let owed: string[] = [];
  for (const message of messages) {
    if (message.role === "tool") {
      if (owed.shift() !== message.call) return false;
    } else {
      if (owed.length > 0) return false;
      if (message.role === "assistant")
        owed = message.parts.flatMap((part) => (part.type === "call" ? [part.call.id] : part.type === "rejected-call" ? [part.id] : []));
    }
  }
  return owed.length === 0;
}
const notRecorded = expect.stringContaining("not recorded");
const partsOf = (message: Message | undefined) => JSON.stringify(message?.parts);

describe("paired view", () => {
  test("a paired conversation is returned as it is", () => {
    const messages = [userMessage("go"), replyOf(textPart("a"), callPart("1"), callPart("2")), resultOf("1"), resultOf("2"), replyOf(textPart("done"))];
    const view = pairedView(messages);
    expect(view.messages).toBe(messages);
    expect(view.repairs).toEqual([]);
  });

  test("a call without a result gets one that says its outcome is not recorded, and nothing more", () => {
    const { messages, repairs } = pairedView([replyOf(callPart("1"), callPart("2")), resultOf("2"), userMessage("and?")]);
    expect(messages.map((message) => message.role)).toEqual(["assistant", "tool", "tool", "user"]);
    expect(messages[1]).toMatchObject({ call: "1", failed: true });
    expect(partsOf(messages[1])).toEqual(notRecorded);
    expect(repairs).toEqual([expect.stringContaining("not recorded")]);
  });

  test("results out of order, apart from their reply, twice, or of no call are put right and said", () => {
    const swapped = pairedView([replyOf(callPart("1"), callPart("2")), resultOf("2", "second"), resultOf("1", "first")]);
    expect(swapped.messages.slice(1).map(partsOf)).toEqual([expect.stringContaining("first"), expect.stringContaining("second")]);
    const apart = pairedView([replyOf(callPart("1")), userMessage("wait"), resultOf("1")]);
    expect(apart.messages.map((message) => message.role)).toEqual(["assistant", "tool", "user"]);
    expect(apart.repairs).toHaveLength(1);
    const twice = pairedView([replyOf(callPart("1")), resultOf("1", "kept"), resultOf("1", "dropped")]);
    expect(twice.messages).toHaveLength(2);
    expect(partsOf(twice.messages[1])).toContain("kept");
    expect(twice.repairs).toHaveLength(1);
    const stray = pairedView([userMessage("go"), resultOf("9"), replyOf(textPart("hm"))]);
    expect(stray.messages.map((message) => message.role)).toEqual(["user", "assistant"]);
    expect(stray.repairs).toEqual([expect.stringContaining("belongs to no call")]);
  });

  test("a call that was never executed says why; a reply without content is left out", () => {
    const rejected: AssistantMessage["parts"][number] = { type: "rejected-call", id: "1" as never, tool: "edit", raw: "{", why: "not JSON" };
    const { messages } = pairedView([replyOf(rejected), replyOf()]);
    expect(messages).toHaveLength(2);
    expect(partsOf(messages[1])).toContain("not executed: not JSON");
  });

  test("results in another order than the calls are put in order, and it is said", () => {
    const messages = [replyOf(textPart("t"), callPart("1"), callPart("2")), resultOf("2"), resultOf("1")];
    const view = pairedView(messages);
    expect(isPaired(view.messages)).toBe(true);
    expect(view.repairs).toHaveLength(1);
  });

  test("property: whatever is lost, doubled or moved, what is sent is paired, keeps every word of people, and is stable", () => {
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.string().map(userMessage),
      fc.array(fc.constantFrom("1", "2", "3"), { maxLength: 3 }).map((ids) => replyOf(textPart("t"), ...ids.map((id) => callPart(id)))),
      fc.constantFrom("1", "2", "3").map((id) => resultOf(id)),
    );
    fc.assert(
      fc.property(fc.array(message, { maxLength: 20 }), (messages) => {
        const view = pairedView(messages);
        expect(isPaired(view.messages)).toBe(true);
        expect(view.repairs.length === 0).toBe(view.messages === messages);
        expect(view.messages.filter((one) => one.role === "user")).toEqual(messages.filter((one) => one.role === "user"));
        expect(view.messages.filter((one) => one.role === "assistant")).toEqual(messages.filter((one) => one.role === "assistant"));
        expect(pairedView(messages)).toEqual(view);
        expect(pairedView(view.messages).repairs).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  test("property: followed step by step, through growth and changes in place, the history is what it is from scratch", () => {
    const message: fc.Arbitrary<Message> = fc.oneof(
      fc.string().map(userMessage),
      fc.array(fc.constantFrom("1", "2"), { maxLength: 2 }).map((ids) => replyOf(textPart("t"), ...ids.map((id) => callPart(id)))),
      fc.constantFrom("1", "2").map((id) => resultOf(id)),
    );
    const change = fc.record({ at: fc.nat(12), drop: fc.nat(3), add: fc.array(message, { maxLength: 3 }) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        const followed: Message[] = [];
        for (const { at, drop, add } of changes) {
          followed.splice(at, drop, ...add);
          const live = historyOf(followed);
          const fresh = historyOf(structuredClone(followed));
          expect(live.messages).toEqual(fresh.messages);
          expect(live.repairs).toEqual(fresh.repairs);
          for (let length = 0; length <= live.messages.length + 1; length++) {
            expect([live.hashAt(length), live.tokensAt(length), live.bytesAt(length), live.blocksAt(length)]).toEqual([
              fresh.hashAt(length),
              fresh.tokensAt(length),
              fresh.bytesAt(length),
              fresh.blocksAt(length),
            ]);
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
