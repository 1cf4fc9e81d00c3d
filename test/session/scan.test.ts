import assert from "node:assert/strict";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, sha256 } from "../../src/exec/index.ts";
import { type Entry, lineLimit, type ScanResult } from "../../src/session/index.ts";
import { answered, journalOf, scan, start, turn, user } from "./support.ts";

const journal = journalOf([start(), user("hello"), ...turn("1"), ...turn("2"), user("é𝄞"), ...turn("3"), answered]);
const total = journal.lines.length;

const short = journalOf([start(), user("x".repeat(2500)), user("é".repeat(1000)), user("a\nb"), user("y".repeat(2500)), answered]);

/** What must hold of any bytes at all: no invented line, none out of order, and every byte that is no line is accounted for. */
function holds(bytes: Uint8Array, found: readonly Entry[], result: ScanResult, known = journal): void {
  let before = -1;
  for (const entry of found) {
    assert(JSON.stringify(entry) === JSON.stringify(known.entries[entry.seq]), `line ${entry.seq} is none of ours`);
    assert(entry.seq > before, `line ${entry.seq} after line ${before}`);
    if (entry.seq !== before + 1)
      assert(
        result.gaps.some((gap) => gap.afterSeq === before),
        `a silent gap before line ${entry.seq}`,
      );
    before = entry.seq;
  }
  assert.equal(result.lastSeq, before);
  assert.equal(result.lines, found.length);
  assert.equal(result.goodBytes + result.badTail, bytes.length);
  const valid = found.reduce((sum, entry) => sum + (known.lines[entry.seq]?.length ?? 0), 0);
  const between = result.gaps.reduce((sum, gap) => sum + gap.toByte - gap.fromByte, 0);
  assert.equal(valid + between, result.goodBytes, "bytes that are neither a line nor in a gap");
}

describe("a whole journal", () => {
  test.each([1, 7, 100, 65536, 10_000_000])("is read the same in pieces of %i bytes", async (piece) => {
    const { found, result } = await scan(journal.bytes, piece);
    holds(journal.bytes, found, result);
    expect(found).toHaveLength(total);
    expect(result).toMatchObject({ badTail: 0, gaps: [], broken: [], newer: null, lastHash: sha256(journal.lines.at(-1)?.subarray(0, -1) ?? "") });
  });
  test("an empty one has no line and nothing bad", async () => {
    expect((await scan(Buffer.alloc(0))).result).toMatchObject({ lines: 0, lastSeq: -1, goodBytes: 0, badTail: 0, gaps: [] });
  });
});

describe("damage at the end", () => {
  test("cut at every byte of the last 8 KiB: all whole lines before it, the rest is the bad tail", async () => {
    const { bytes: all, lines } = short;
    expect(all.length).toBeGreaterThan(8192);
    for (let length = all.length - 8192; length < all.length; length++) {
      const bytes = all.subarray(0, length);
      const { found, result } = await scan(bytes, 3000);
      holds(bytes, found, result, short);
      let whole = 0;
      for (let sum = 0; whole < lines.length && sum + (lines[whole]?.length ?? 0) <= length; whole++) sum += lines[whole]?.length ?? 0;
      if (found.length !== whole || result.gaps.length > 0 || result.badTailLines > 0) expect.unreachable(`cut at ${length}`);
    }
  });
  test("NULs after the end, with and without newlines", async () => {
    for (const tail of [Buffer.alloc(1), Buffer.alloc(4096), Buffer.alloc(3 * 1024 * 1024), Buffer.from("\0\0\n\0\n")]) {
      const bytes = Buffer.concat([journal.bytes, tail]);
      const { found, result } = await scan(bytes);
      holds(bytes, found, result);
      expect(result).toMatchObject({ badTail: tail.length, badTailLines: tail.filter((byte) => byte === 10).length });
    }
  });
});

describe("damage in the middle", () => {
  test("NULs over each 512-byte sector", async () => {
    for (let at = 0; at < journal.bytes.length; at += 512) {
      const bytes = Buffer.from(journal.bytes);
      bytes.fill(0, at, Math.min(at + 512, bytes.length));
      const { found, result } = await scan(bytes, 1000);
      holds(bytes, found, result);
      expect(found.length).toBeGreaterThan(total - 8);
      expect(result.gaps.length + (result.badTail > 0 ? 1 : 0)).toBeGreaterThan(0);
    }
  });
  test("a missing line is a gap of no bytes", async () => {
    for (let gone = 0; gone < total; gone++) {
      const bytes = Buffer.concat(journal.lines.filter((_, index) => index !== gone));
      const { found, result } = await scan(bytes);
      holds(bytes, found, result);
      expect(result.gaps).toHaveLength(gone === total - 1 ? 0 : 1);
    }
  });
  test("a doubled line is kept out and said", async () => {
    for (let twice = 0; twice < total; twice++) {
      const bytes = Buffer.concat(journal.lines.flatMap((line, index) => (index === twice ? [line, line] : [line])));
      const { found, result } = await scan(bytes);
      holds(bytes, found, result);
      expect(found).toHaveLength(total);
      expect(result.gaps.length + (result.badTail > 0 ? 1 : 0)).toBe(1);
    }
  });
  test("a torn line with the next one glued to it takes nothing with it", async () => {
    const [first, second, third] = journal.lines;
    if (!first || !second || !third) throw new Error("unreachable");
    const bytes = Buffer.concat([first, second.subarray(0, 40), third, ...journal.lines.slice(3)]);
    const { found, result } = await scan(bytes);
    holds(bytes, found, result);
    expect(found.map((entry) => entry.seq)).toEqual([0, ...Array.from({ length: total - 2 }, (_, index) => index + 2)]);
    expect(result.gaps).toMatchObject([{ afterSeq: 0, fromByte: first.length, toByte: first.length + 40 }]);
  });
  test("NULs over a line's end and its newline leave the next line whole", async () => {
    const at = journal.lines[0]?.length ?? 0;
    const next = at + (journal.lines[1]?.length ?? 0);
    const bytes = Buffer.from(journal.bytes).fill(0, next - 30, next);
    const { found, result } = await scan(bytes);
    holds(bytes, found, result);
    expect(found.map((entry) => entry.seq)).toEqual([0, ...Array.from({ length: total - 2 }, (_, index) => index + 2)]);
    expect(result.gaps).toMatchObject([{ afterSeq: 0, fromByte: at, toByte: next }]);
  });
  test("another content under the same number breaks the chain and is said", async () => {
    const other = journalOf([start(), user("something else"), ...turn("1")]);
    const bytes = Buffer.concat([...other.lines.slice(0, 2), ...journal.lines.slice(2)]);
    const { result } = await scan(bytes);
    expect(result.broken).toEqual([2]);
  });
  test.each([lineLimit + 1, 900_000, 1_048_576, 3_500_000])("a line of %i bytes is one stretch of bad bytes, wherever pieces end", async (size) => {
    for (const end of ["\n", ""]) {
      const huge = Buffer.from("x".repeat(size) + end);
      for (const piece of [65536, 1_000_000, 10_000_000]) {
        const bytes = Buffer.concat([...journal.lines.slice(0, 3), huge, ...journal.lines.slice(3)]);
        const { found, result } = await scan(bytes, piece);
        holds(bytes, found, result);
        expect(result.gaps).toHaveLength(1);
        const tail = Buffer.concat([journal.bytes, huge]);
        expect((await scan(tail, piece)).result).toMatchObject({ badTail: huge.length, badTailLines: end === "" ? 0 : 1, lines: total });
      }
    }
  });
});

test("a line above the limit never counts, not even with a right checksum, wherever pieces end", async () => {
  const fields = `{"v":1,"seq":${total},"type":"setting","name":"title","value":"${"x".repeat(lineLimit)}"`;
  const long = Buffer.from(`${fields},"crc":"${crc32(fields).toString(16).padStart(8, "0")}"}\n`);
  for (const piece of [1000, 200_000, 10_000_000]) {
    for (const before of [0, 100_000, 255_000]) {
      const lines = [...journal.lines, Buffer.alloc(before, "y"), Buffer.from("\n"), long];
      const { found, result } = await scan(Buffer.concat(lines), piece);
      expect(found).toHaveLength(total);
      expect(result).toMatchObject({ badTail: before + 1 + long.length, badTailLines: 2 });
    }
  }
});

describe("what is no journal", () => {
  test.each([
    ["binary", Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256))],
    ["another program's file", Buffer.from('{"type":"session","id":"x"}\n{"type":"message"}\n'.repeat(50))],
    ["text", Buffer.from("hello\n\n\nworld")],
    ["newlines", Buffer.from("\n".repeat(1000))],
  ])("%s: no line, all of it a bad tail", async (_name, bytes) => {
    const { found, result } = await scan(bytes);
    expect(found).toEqual([]);
    expect(result).toMatchObject({ lines: 0, goodBytes: 0, badTail: bytes.length });
  });
  test("a line of a newer version is counted, said, and never passed off as read", async () => {
    const fields = `{"v":2,"seq":${total},"type":"user"`;
    const line = Buffer.from(`${fields},"crc":"${crc32(fields).toString(16).padStart(8, "0")}"}\n`);
    const { found, result } = await scan(Buffer.concat([journal.bytes, line]));
    expect(found).toHaveLength(total);
    expect(result.newer).toContain("2");
    expect(result.gaps).toMatchObject([{ afterSeq: total - 1, says: expect.stringContaining("newer") }]);
  });
});

describe("at random", () => {
  type Damage = (lines: readonly Buffer[], at: number, many: number) => Buffer[];
  const damages: readonly Damage[] = [
    (lines, at) => lines.filter((_, index) => index !== at),
    (lines, at, many) => [...lines.slice(0, at), ...lines.slice(at, at + 3), ...lines.slice(at + (many % 3))],
    (lines, at, many) => lines.map((line, index) => (index === at ? line.subarray(0, many % line.length) : line)),
    (lines, at, many) => lines.map((line, index) => (index === at ? line.subarray(many % line.length) : line)),
    (lines, at, many) => {
      const swapped = [...lines];
      const other = many % lines.length;
      [swapped[at], swapped[other]] = [lines[other] ?? Buffer.alloc(0), lines[at] ?? Buffer.alloc(0)];
      return swapped;
    },
    (lines, at, many) => [...lines.slice(0, at), Buffer.alloc(many % 3000, many % 256), ...lines.slice(at)],
  ];
  const damage = fc.record({ how: fc.nat(damages.length - 1), at: fc.nat(total - 1), many: fc.nat(5000) });
  test("any mix of damage: no throw, no silent gap, no fused record", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.integer({ min: 1, max: 9000 }), async (mix, piece) => {
        const lines = mix.reduce<Buffer[]>((now, { how, at, many }) => damages[how]?.(now, Math.min(at, now.length - 1), many) ?? now, [...journal.lines]);
        const bytes = Buffer.concat(lines);
        const { found, result } = await scan(bytes, piece);
        holds(bytes, found, result);
      }),
    );
  });
});
