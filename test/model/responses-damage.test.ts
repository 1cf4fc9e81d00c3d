// Replies of the Responses wire with one place damaged: what comes out without a failure is what the model said, or less of it.
import fc from "fast-check";
import { expect, test } from "vitest";
import { createOpenAiResponsesProvider } from "../../src/model/adapters/openai-responses.ts";
import type { HttpClient } from "../../src/model/index.ts";
import { called, collect, completed, created, events, request, spoken, thought } from "./support.ts";

type Event = Readonly<Record<string, unknown>>;
const words = fc.oneof(fc.constantFrom("a", "é\u2028", 'q"\r\n'), fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 }));
interface Said {
  readonly kind: "text" | "call" | "thought";
  readonly words: string;
  readonly more: string;
}
const said = fc.record<Said>({ kind: fc.constantFrom("text", "call", "thought"), words, more: words });

const argumentsOf = (one: Said): string => JSON.stringify({ [one.words]: one.more });
function eventsFor(one: Said, index: number): object[] {
  if (one.kind === "text") return spoken(index, one.words);
  return one.kind === "call" ? called(index, `call_${index}`, argumentsOf(one)) : thought(index, `gAAA${index}`, one.words, one.more);
}

type Damage = (list: readonly Event[], at: number) => readonly Event[];
const changed =
  (change: (event: Event) => Event): Damage =>
  (list, at) =>
    list.map((event, index) => (index === at ? change(event) : event));
const damages: Readonly<Record<string, Damage>> = {
  "nothing": (list) => list,
  "an event is missing": (list, at) => list.filter((_event, index) => index !== at),
  "an event comes twice": (list, at) => list.flatMap((event, index) => (index === at ? [event, event] : [event])),
  "two change places": (list, at) => [...list.slice(0, at), ...list.slice(at, at + 2).reverse(), ...list.slice(at + 2)],
  "a piece is another": changed((event) => ("delta" in event ? { ...event, delta: `${String(event.delta)}x` } : event)),
  "a piece is none": changed((event) => ("delta" in event ? { ...event, delta: null } : event)),
  "a place is another": changed((event) => ("output_index" in event ? { ...event, output_index: 0 } : event)),
  "an end is cut": changed((event) => ("arguments" in event ? { ...event, arguments: String(event.arguments).slice(0, -1) } : event)),
  "a type is unknown": changed((event) => ({ ...event, type: "response.unheard_of" })),
};

/** A connection that hands out these bytes. */
const connection = (bytes: Uint8Array, size: number): HttpClient => ({
  send: async () => ({
    status: 200,
    headers: {},
    async *chunks() {
      for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
    },
  }),
  close() {},
});

test.each(Object.entries(damages))("%s: no other call, text or proof comes out", async (name, damage) => {
  const seen = { whole: 0, failed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 4 }), fc.nat(), fc.integer({ min: 1, max: 300 }), async (saids, place, size) => {
      const list = [created, ...saids.flatMap(eventsFor), completed()] as readonly Event[];
      const bytes = Buffer.from(events(...damage(list, place % list.length)));
      const dialect = () => ({ reasoning: true, breakpoints: false, promptCacheKey: false });
      const provider = createOpenAiResponsesProvider({ id: "openai", baseUrl: "http://127.0.0.1/v1", http: connection(bytes, size), dialect });
      const { finish } = await collect(provider.stream(request(), new AbortController().signal));
      const { parts } = finish.message;
      if (finish.failure) {
        seen.failed += 1;
        expect(parts.some((part) => part.type === "call" || part.type === "rejected-call")).toBe(false);
        return;
      }
      seen.whole += 1;
      for (const part of parts) {
        if (part.type === "call")
          expect(saids.map((one, index) => [`call_${index}`, argumentsOf(one)])).toContainEqual([part.call.id, JSON.stringify(part.call.input)]);
        if (part.type === "text") expect(saids.map((one) => one.kind === "text" && one.words)).toContain(part.text);
        if (part.type === "thinking" && part.signature) {
          const index = Number(part.signature.slice(-1));
          expect([part.signature, part.text]).toEqual([`rs_${index} gAAA${index}`, `${saids[index]?.words}\n\n${saids[index]?.more}`]);
        }
      }
      if (name === "nothing") expect(parts).toHaveLength(saids.length);
    }),
    { numRuns: 200 },
  );
  expect(seen.failed > 0).toBe(name !== "nothing");
  expect(seen.whole + seen.failed).toBeGreaterThan(100);
});
