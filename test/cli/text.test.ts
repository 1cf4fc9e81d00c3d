// Text of models and tools on a terminal: it can be read, and it can do nothing.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clip, columnsOf, duration, money, plain, visible, visibleJson } from "../../src/cli/text.ts";

/** Everything that a terminal could act on, tab and newline apart. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what this test is about
const dangerous = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/;
const nasty = fc.string({ unit: fc.constantFrom(..."\u001b\u009b[]0;31mH\r\n\t\u0007\u0000\b\u202e\u2066\\ab日é", "👍", "\u0301", "\ud800") });

describe("plain", () => {
  test("colours, titles, clipboard writes, cursor moves and bells are gone, the words stay", () => {
    expect(plain("\u001b[31mred\u001b[0m \u001b]0;title\u0007a\u001b]52;c;aGk=\u001b\\b\u001b[2J\u0007")).toBe("red ab");
    expect(plain("a\u202eb\u2066c\u2069")).toBe("abc");
    expect(plain("one\ttwo\nthree")).toBe("one\ttwo\nthree");
  });
  test("nothing dangerous is left of any text", () => {
    fc.assert(
      fc.property(nasty, (text) => {
        expect(plain(text)).not.toMatch(dangerous);
      }),
    );
  });
});

describe("visible", () => {
  test("what is decided about is shown as it is, hidden characters written out", () => {
    expect(visible("rm \u001b[8m-rf\u202e x\u200b")).toBe("rm \\x1b[8m-rf\\u{202e} x\\u{200b}");
  });
  test("nothing dangerous is left, and no two texts look the same", () => {
    fc.assert(
      fc.property(nasty, nasty, (one, other) => {
        expect(visible(one)).not.toMatch(dangerous);
        if (one !== other && !one.includes("\\") && !other.includes("\\")) expect(visible(one)).not.toBe(visible(other));
      }),
    );
  });
});

test("JSON stays the same value", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const json = visibleJson(JSON.stringify({ text }));
      expect(json).not.toMatch(dangerous);
      expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify({ text })));
    }),
  );
});

describe("columns", () => {
  test.each([
    ["abc", 3],
    ["日本", 4],
    ["e\u0301", 1],
    ["👍", 2],
    ["", 0],
  ])("%s takes %i", (text, columns) => expect(columnsOf(text)).toBe(columns));
  test("a clipped text is never wider than it may be, and a fitting one is untouched", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 0, max: 30 }), (text, columns) => {
        expect(columnsOf(clip(text, columns))).toBeLessThanOrEqual(Math.max(columns, 0));
        if (columnsOf(text) <= columns) expect(clip(text, columns)).toBe(text);
      }),
    );
  });
});

test("times and sums as people read them", () => {
  expect([duration(12), duration(2345), duration(61_000), duration(3_720_000)]).toEqual(["12 ms", "2.3 s", "1 min 1 s", "1 h 2 min"]);
  expect([money(0.01234, true), money(12.345, true), money(0, false)]).toEqual(["$0.0123", "$12.35", "price unknown"]);
});
