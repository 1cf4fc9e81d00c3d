// `node bench/tokens.ts TRANSCRIPTS TOKENIZER`: the tables of docs/tokens.md, and the counts that the tests go by.
// Run `biome check --write` on the counts afterwards. TOKENIZER: the unpacked package gpt-tokenizer 4.0.0 (`npm pack gpt-tokenizer@4.0.0`, tar -xzf); nothing here installs it.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { estimateTokens } from "../src/context/tokens.ts";
import type { Message } from "../src/model/index.ts";
import { samples } from "../test/context/token-samples.ts";
import { type Count, type Measured, measureByBill, measureByReference, median, quantile, textsOf } from "./tokens/measure.ts";
import { aboveWorst } from "./tokens/mixtures.ts";
import { readTranscripts, type Transcript } from "./tokens/transcripts.ts";

const [folder, tokenizer] = process.argv.slice(2);
if (folder === undefined || tokenizer === undefined) {
  console.error(
    "Give the folder of the transcripts and that of gpt-tokenizer 4.0.0: `npm pack gpt-tokenizer@4.0.0 && tar -xzf gpt-tokenizer-4.0.0.tgz` makes `package`.",
  );
  process.exit(2);
}
const { encode } = (await import(pathToFileURL(resolve(tokenizer, "esm/encoding/o200k_base.js")).href)) as {
  encode(text: string, options: object): readonly number[];
};
const count: Count = (text) => encode(text, { allowedSpecial: new Set(), disallowedSpecial: new Set() }).length;

const percent = (value: number): string => (Number.isNaN(value) ? "–" : `${(100 * value).toFixed(1)} %`);
const row = (cells: readonly (string | number)[]): string => `| ${cells.join(" | ")} |`;
const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [row(head), row(head.map(() => "---")), ...rows.map(row)].join("\n");
const errors = ({ whole, added, above, requests }: Measured): readonly (string | number)[] => [
  requests,
  percent(quantile(whole, 0.5)),
  percent(quantile(whole, 0.95)),
  percent(median(added)),
  percent(quantile(added, 0.5)),
  percent(quantile(added, 0.95)),
  above,
];
const heads = ["transcript", "requests", "whole p50", "whole p95", "new bias", "new p50", "new p95", "above worst"];
const joined = (all: readonly Measured[]): Measured => ({
  whole: all.flatMap(({ whole }) => whole),
  added: all.flatMap(({ added }) => added),
  above: all.reduce((sum, { above }) => sum + above, 0),
  requests: all.reduce((sum, { requests }) => sum + requests, 0),
});

const transcripts = readTranscripts(folder);
const words = transcripts.map(({ messages }) => messages.map((message) => textsOf(message).reduce((sum, text) => sum + count(text), 0)));
const byReference = transcripts.map((transcript, index) => measureByReference(transcript, words[index] ?? []));
const byBill = transcripts.flatMap((transcript) => (transcript.billed.size > 0 ? [{ name: transcript.name, measured: measureByBill(transcript) }] : []));

console.log(
  table(heads, [...transcripts.map(({ name }, index) => [name, ...errors(byReference[index] as Measured)]), ["all", ...errors(joined(byReference))]]),
);
console.log();
console.log(
  table(
    heads,
    byBill.map(({ name, measured }) => [name, ...errors(measured)]),
  ),
);
console.log();
console.log(classTable(transcripts));
console.log();
const mixed = aboveWorst(piecesOf(transcripts), count, 20_000);
console.log(`Of ${mixed.tried} mixtures ${mixed.above} were counted above the worst case; the nearest came to ${percent(mixed.nearest)} of it.`);
writeFileSync(
  "test/context/transcript-counts.json",
  `${JSON.stringify(transcripts.map(({ name, file }, index) => ({ name, file, sha256: hashOf(file), words: words[index] })))}\n`,
);

function hashOf(file: string): string {
  return createHash("sha256")
    .update(readFileSync(join(folder as string, file)))
    .digest("hex");
}

function classOf(message: Message): string {
  if (message.role !== "assistant") return message.role === "tool" ? `result of ${message.tool}` : "words of a person, output";
  return message.parts.some(({ type }) => type === "call") ? "reply with calls" : "reply";
}

function classTable(all: readonly Transcript[]): string {
  const found = new Map<string, number[]>();
  const note = (kind: string, text: string, tokens: number): void => {
    if (tokens > 30) found.set(kind, [...(found.get(kind) ?? []), estimateTokens(text) / tokens - 1]);
  };
  for (const { messages } of all) for (const message of messages) for (const text of textsOf(message)) note(classOf(message), text, count(text));
  for (const [name, { text, tokens }] of Object.entries(samples)) note(`sample: ${name}`, text, tokens);
  const rows = [...found].filter(([name, list]) => list.length > 4 || name.startsWith("sample"));
  return table(
    ["text, not calibrated", "texts", "bias", "p50", "p95"],
    rows.map(([name, list]) => [name, list.length, percent(median(list)), percent(quantile(list, 0.5)), percent(quantile(list, 0.95))]),
  );
}

function piecesOf(all: readonly Transcript[]): readonly string[] {
  return [...all.flatMap(({ messages }) => messages.flatMap(textsOf)), ...Object.values(samples).map(({ text }) => text)].filter((text) => text.length > 0);
}
