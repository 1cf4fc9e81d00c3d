// Text that comes in pieces: a secret that is cut between two of them does not come out either.
import fc from "fast-check";
import { expect, test } from "vitest";
import { redact, redactStream } from "../../src/base/index.ts";

const random = "aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
const secrets = [
  `sk-ant-${random}`,
  `ghp_${random}`,
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N",
  "password = hunter2-correct",
  'API_KEY: "correct horse battery 5taple"',
  "token:\n  9f8e7d6c5b4a3f2e1d0c",
  "Authorization: Bearer 9f8e7d6c5b4a3f2e1d0c9f8e",
  "postgres://me:hunter2-correct@host/db",
  `-----BEGIN PRIVATE KEY-----\n${`${random}${random.slice(8)}\n`.repeat(6)}-----END PRIVATE KEY-----`,
];
const parts = fc.array(fc.constantFrom(...secrets, "one two", "\n", " ", "a line.\n", "日本語", "```\n", "-----BEGIN ", "x".repeat(700)), { maxLength: 8 });

function piecesOf(text: string, lengths: readonly number[]): string[] {
  const pieces: string[] = [];
  for (let at = 0, turn = 0; at < text.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    pieces.push(text.slice(at, at + length));
    at += length;
  }
  return pieces;
}
function streamed(pieces: readonly string[]): string {
  const stream = redactStream();
  return pieces.map((piece) => stream.push(piece)).join("") + stream.end();
}

test.each(secrets)("%j: gone, wherever it is cut", (secret) => {
  const text = `I see ${secret} here.\nAnd on.`;
  for (let at = 1; at < text.length; at++) expect(streamed([text.slice(0, at), text.slice(at)])).toBe(redact(text));
});

test("in pieces of any lengths nothing comes out that would not come out of the whole", () => {
  fc.assert(
    fc.property(parts, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 }), (made, lengths) => {
      const text = made.join(" ");
      const said = streamed(piecesOf(text, lengths));
      for (const secret of secrets.slice(0, 3)) expect(said).not.toContain(secret);
      for (const value of ["hunter2-correct", "9f8e7d6c5b4a3f2e1d0c", random.slice(8)]) expect(said.includes(value)).toBe(redact(text).includes(value));
    }),
    { numRuns: 500 },
  );
});

test("ordinary text is not held back longer than its last word", () => {
  const stream = redactStream();
  expect(["one", " two", " three", "\n"].map((piece) => stream.push(piece))).toEqual(["", "one ", "two ", "three\n"]);
  expect(stream.end()).toBe("");
});

test("what never ends comes out all the same", () => {
  const stream = redactStream();
  let said = 0;
  for (let piece = 0; piece < 100; piece++) said += stream.push("-----BEGIN x".padEnd(500, "y")).length;
  expect(said).toBeGreaterThan(30_000);
});
