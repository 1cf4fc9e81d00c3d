import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { difference } from "../../src/tools/builtin/difference.ts";
import { applyEdits, type Edit } from "../../src/tools/builtin/edit/apply.ts";

const word = fc.constantFrom("a", "b", "ab", " ", "\t", "$&", "é", "😀");
const piece = fc.array(fc.oneof({ weight: 3, arbitrary: word }, { weight: 2, arbitrary: fc.constant("\n") }), { maxLength: 12 }).map((words) => words.join(""));
const filled = piece.filter((text) => text !== "");
const edit = fc.record({ old: filled, new: piece, all: fc.boolean() });
/** Edits of which many fit: what they look for is cut out of the text. */
const cases = piece.chain((text) => {
  const cut = fc.tuple(fc.nat(text.length), fc.nat(6)).map(([from, length]) => text.slice(from, from + length) || "a");
  const fitting = fc.record({ old: cut, new: piece, all: fc.boolean() });
  return fc.tuple(fc.constant(text), fc.array(fc.oneof(fitting, edit), { minLength: 1, maxLength: 4 }));
});

/** The same, written as plainly as can be. */
function model(text: string, edits: readonly Edit[]): string | null {
  let now = text;
  for (const { old, new: put, all } of edits) {
    const places = Array.from({ length: now.length }, (_, index) => index).filter((index) => now.startsWith(old, index));
    if (old === put || places.length === 0 || (places.length > 1 && all !== true)) return null;
    const first = places[0] ?? 0;
    now = all === true ? now.split(old).join(put) : now.slice(0, first) + put + now.slice(first + old.length);
  }
  return now;
}
const withReturns = (text: string) => text.replaceAll("\n", "\r\n");

describe("edits of a text", () => {
  test("are those of a plain model, or refused with it", () => {
    fc.assert(
      fc.property(cases, ([text, edits]) => {
        const applied = applyEdits(text, edits);
        expect(applied.ok ? applied.text : null).toBe(model(text, edits));
      }),
      { numRuns: 2000 },
    );
  });
  test("in a CRLF text give the CRLF form of what they give in an LF text", () => {
    fc.assert(
      fc.property(cases, ([text, edits]) => {
        const plain = applyEdits(`\n${text}`, edits);
        const returned = applyEdits(withReturns(`\n${text}`), edits);
        // a text whose last line end was taken out has no CRLF to go by
        fc.pre(!plain.ok || plain.text.includes("\n"));
        if (plain.ok && edits.length > 1) fc.pre(edits.every((_, index) => (model(`\n${text}`, edits.slice(0, index + 1)) ?? "\n").includes("\n")));
        expect(returned.ok ? returned.text : null).toBe(plain.ok ? withReturns(plain.text) : null);
      }),
      { numRuns: 2000 },
    );
  });
  test("leave every line end outside the place as it was, in a text that mixes them", () => {
    const line = fc.tuple(fc.constantFrom("x", "yy", ""), fc.constantFrom("\n", "\r\n"));
    const mixed = fc.array(line, { maxLength: 6 }).map((lines) => lines.map(([text, end]) => text + end).join(""));
    fc.assert(
      fc.property(mixed, mixed, filled, (before, after, put) => {
        const text = `${before}HERE\n\r\nHERE2${after}`;
        const applied = applyEdits(text, [{ old: "HERE\n\nHERE2", new: put }]);
        expect(applied.ok && applied.text.startsWith(before) && applied.text.endsWith(after)).toBe(true);
      }),
    );
  });
});

describe("a difference", () => {
  test("counts lines and numbers them", async () => {
    const changes = await difference("f", "a\nb\nc\nd\ne\nf\ng\nh\n", "a\nB\nc\nd\ne\nf\ng\nh\nnew\n");
    expect(changes).toMatchObject({ added: 2, removed: 1, complete: true });
    expect(changes.numbered).toBe(" 1\ta\n-2\tb\n+2\tB\n 3\tc\n 4\td\n…\n 7\tg\n 8\th\n+9\tnew");
  });
  test("of two large texts without anything in common ends in time, and is right", async () => {
    const texts = ["x", "y"].map((letter) => Array.from({ length: 20_000 }, (_, index) => `${letter}${index}\n`).join(""));
    const from = performance.now();
    const changes = await difference("f", texts[0] ?? "", texts[1] ?? "");
    expect(performance.now() - from).toBeLessThan(1500);
    expect(changes).toMatchObject({ added: 20_000, removed: 20_000, complete: false });
  });
});
