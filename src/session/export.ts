// A session for other eyes: as a page of Markdown, or as JSON with every entry. Redacted, unless asked for to the letter.

import { type Json, type Outcome, redact, redactJson, rememberSecretsOf, type SessionId } from "../base/index.ts";
import type { AssistantPart, ContentPart } from "../model/index.ts";
import { reasonWords } from "../permissions/index.ts";
import type { StepChange } from "../workflow/index.ts";
import { endOf, readBooks, type SessionBooks } from "./books.ts";
import { shorten } from "./decision-row.ts";
import type { Entry, RunEnd } from "./entry.ts";
import { findingWords } from "./finding-words.ts";
import type { Finding, SessionStore } from "./store.ts";

export interface ExportOptions {
  readonly format: "markdown" | "json";
  /** To the letter, secrets and all. */
  readonly verbatim?: boolean;
  /** JSON: payloads of up to so many bytes each are put in, up to 32 times as many in all. 256 KiB. */
  readonly blobLimit?: number;
  /** Markdown: characters shown of each input and each result. 2,000. */
  readonly shown?: number;
}

/** The whole export as text, ending in a newline. Reads without the session's lock. */
export async function exportSession(store: SessionStore, session: SessionId, options: ExportOptions): Promise<Outcome<string>> {
  const entries: Entry[] = [];
  const read = await store.read(session, (entry) => entries.push(entry));
  if (!read.ok) return read;
  for (const entry of entries) if (entry.type === "session") rememberSecretsOf(entry.root);
  if (options.format === "json") return { ok: true, value: await asJson(store, session, entries, read.value, options) };
  const books = await readBooks(store, session);
  return books.ok ? { ok: true, value: asMarkdown(books.value, entries, options) } : books;
}

async function asJson(
  store: SessionStore,
  session: SessionId,
  entries: readonly Entry[],
  findings: readonly Finding[],
  options: ExportOptions,
): Promise<string> {
  const { verbatim = false, blobLimit = 256 * 1024 } = options;
  const clean = (value: unknown): Json => (verbatim ? (value as Json) : redactJson(value as Json));
  const head = { format: "bosun-session", v: 1, session, redacted: !verbatim, findings: clean(findings) };
  const blobs: Record<string, Json> = {};
  let room = blobLimit * 32;
  for (const hash of new Set(entries.flatMap(payloadsOf))) {
    const payload = await store.getBlob(hash);
    if (!payload.ok) blobs[hash] = { missing: true };
    else if (payload.value.length > Math.min(blobLimit, room)) blobs[hash] = { bytes: payload.value.length, leftOut: "larger than the limit" };
    else {
      room -= payload.value.length;
      blobs[hash] = payloadJson(payload.value, verbatim);
    }
  }
  // one entry a line: an export can be searched and compared line by line
  const lines = entries.map((entry) => `    ${JSON.stringify(clean(entry))}`).join(",\n");
  return `${JSON.stringify(head, null, 2).slice(0, -2)},\n  "entries": [\n${lines}\n  ],\n  "blobs": ${JSON.stringify(blobs)}\n}\n`;
}

/** Bytes that are no text cannot be redacted: they are given only where everything is. */
function payloadJson(bytes: Uint8Array, verbatim: boolean): Json {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return { bytes: bytes.length, text: verbatim ? text : redact(text) };
  } catch {
    return verbatim ? { bytes: bytes.length, base64: Buffer.from(bytes).toString("base64") } : { bytes: bytes.length, leftOut: "not text" };
  }
}

/** Payloads that an entry names; those that its own line was spilled to are in it already. */
function payloadsOf(entry: Entry): readonly string[] {
  if (entry.type === "inherited") return entry.blobs;
  if (entry.type !== "step") return [];
  const { change } = entry;
  if (change.to === "executing") return change.intent.images ?? [];
  return "result" in change ? (change.result.blobs ?? []) : [];
}

interface Page {
  readonly clean: (text: string) => string;
  readonly shown: number;
  readonly books: SessionBooks;
  readonly out: string[];
}

function asMarkdown(books: SessionBooks, entries: readonly Entry[], options: ExportOptions): string {
  const clean = options.verbatim ? (text: string) => text : redact;
  const page: Page = { clean, shown: options.shown ?? 2000, books, out: [] };
  const { state } = books;
  page.out.push(`# ${oneLine(books.title) || books.session}`);
  page.out.push(
    [
      ["session", books.session],
      ["folder", clean(state.cwd)],
      ["model", books.model],
      ...(books.created === 0
        ? []
        : [
            ["from", timeOf(books.created)],
            ["to", timeOf(books.ended)],
          ]),
      ["replies", `${state.turns}`],
      ["cost", costLine(books)],
      ["ended", endOf(state) || (books.created === 0 ? "empty: nothing is recorded in it" : "")],
      ...(options.verbatim ? [["verbatim", "secrets are not taken out"]] : []),
    ]
      .map(([name, value]) => `- ${name}: ${oneLine(value ?? "")}`)
      .join("\n"),
  );
  for (const finding of books.findings) page.out.push(`> **${finding.kind}**: ${clean(findingWords(finding))}`);
  for (const entry of entries) addEntry(page, entry);
  return `${page.out.filter((one) => one !== "").join("\n\n")}\n`;
}

function addEntry(page: Page, entry: Entry): void {
  const { out, clean } = page;
  switch (entry.type) {
    case "user":
      out.push(`## User (${timeOf(entry.ts)})`, quote(clean(partsText(entry.parts))));
      return;
    case "note":
      out.push(`*Note on ${oneLine(clean(entry.about))}*`, quote(clip(page, partsText(entry.parts), `line ${entry.seq}`)));
      return;
    case "reply":
      if (entry.purpose === "turn") addReply(page, entry);
      else out.push(`*${oneLine(entry.purpose)}: a model call apart from the conversation, $${entry.cost.usd.toFixed(4)}*`);
      return;
    case "request-failed":
      out.push(`*The model gave no usable reply (${entry.failure.class}): ${oneLine(clean(entry.failure.message))}. Counted: $${entry.cost.usd.toFixed(4)}.*`);
      return;
    case "step":
      addStep(page, entry.change, entry.seq);
      return;
    case "decision": {
      const { decision } = entry;
      const asked = decision.asked ? `; asked because of ${decision.asked.by} ${reasonWords(decision.asked)}` : "";
      const why = `by ${decision.reason.by} ${reasonWords(decision.reason)}`.trim();
      out.push(
        `*Decision: ${decision.verdict} ${decision.tool} ${oneLine(clean(`${decision.subject}, ${why}${asked}`))} (mode ${decision.mode}, for the ${decision.holds})*`,
      );
      return;
    }
    case "compaction":
      out.push(`*Lines ${entry.from} to ${entry.to} were put more shortly for the model (${oneLine(entry.strategy)}); they stand above unchanged.*`);
      return;
    case "gap":
    case "repair":
      out.push(`> **${entry.type}**: ${oneLine(clean(entry.type === "gap" ? entry.says : `${entry.cut} bytes were cut off, copied to ${entry.aside}`))}`);
      return;
    case "end":
      out.push(`---`, `**Ended: ${entry.end.reason}** (${timeOf(entry.ts)}) ${oneLine(clean(endWords(entry.end)))}`.trim());
      return;
    case "inherited":
      return addInherited(page, entry);
    case "session":
    case "setting":
    case "prefix":
    case "input":
    case "request":
    case "task":
    case "process":
      return;
  }
}

/** The conversation that a fork began with. */
function addInherited(page: Page, entry: Extract<Entry, { readonly type: "inherited" }>): void {
  const { out, clean, books } = page;
  const { origin } = books.state;
  out.push(`*Forked from line ${origin?.seq ?? "?"} of ${oneLine(origin?.session ?? "another session")}; what was said there:*`);
  for (const message of entry.messages) {
    if (message.role === "user") out.push("## User", quote(clean(partsText(message.parts))));
    else if (message.role === "assistant") out.push("## Assistant", ...message.parts.map((part) => partMarkdown(page, part)));
    else
      out.push(
        `**${code(message.tool)} ${message.failed ? "failed" : "done"}** ${code(message.call)}`,
        fence(clip(page, partsText(message.parts), `call ${message.call}`)),
      );
  }
  out.push("*Here the fork begins.*");
}

function addReply(page: Page, entry: Extract<Entry, { readonly type: "reply" }>): void {
  const { usage, cost, confirmed } = entry;
  const counted = `${usage.input + usage.cacheRead + usage.cacheWrite} tokens in, ${usage.cacheRead} of them cached, ${usage.output} out, $${cost.usd.toFixed(4)}`;
  page.out.push(
    `## Assistant (${timeOf(entry.ts)})`,
    ...entry.message.parts.map((part) => partMarkdown(page, part)),
    `*${counted}${confirmed ? "" : ", unconfirmed"}*`,
  );
}

function partMarkdown(page: Page, part: AssistantPart): string {
  switch (part.type) {
    case "text":
      return page.clean(part.text);
    case "thinking":
      return part.text === "" ? "" : `<details><summary>Thinking</summary>\n\n${fence(clip(page, part.text, "the journal"))}\n\n</details>`;
    case "redacted-thinking":
      return "*Thinking that the provider encrypted.*";
    case "call": {
      const input = JSON.stringify(page.clean === redact ? redactJson(part.call.input) : part.call.input, null, 2);
      return `**Call ${code(part.call.tool)}** ${code(part.call.id)}\n\n${fence(clip(page, input, `call ${part.call.id}`), "json")}`;
    }
    case "rejected-call":
      return `**Call ${code(part.tool)} rejected**: ${oneLine(page.clean(part.why))}\n\n${fence(clip(page, part.raw, `call ${part.id}`))}`;
  }
}

function addStep(page: Page, change: StepChange, seq: number): void {
  const row = page.books.calls.find((one) => one.step === change.step);
  const name = `**${code(row?.tool ?? "call")} ${change.to}**${row?.call === undefined ? "" : ` ${code(row.call)}`}`;
  switch (change.to) {
    case "planned":
    case "executing":
    case "awaiting-approval":
      return;
    case "denied":
    case "cancelled":
    case "unknown":
      page.out.push(`${name}: ${oneLine(page.clean(change.why))}`);
      return;
    case "done":
    case "failed":
    case "reconciled": {
      const took = row?.milliseconds == null ? "" : `, ${row.milliseconds} ms`;
      const verdict = change.to === "reconciled" ? `, ${change.verdict}` : "";
      const handles = (change.result.blobs ?? []).map((hash) => `payload ${hash.slice(0, 12)}`);
      const text = clip(page, partsText(change.result.parts), [`line ${seq}`, ...handles].join(", "));
      page.out.push(`${name}${verdict}${took}${text === "" ? "" : `\n\n${fence(text)}`}`);
      return;
    }
  }
}

/** `handle`: where the rest is. */
function clip(page: Page, text: string, handle: string): string {
  const clean = page.clean(text);
  return clean.length <= page.shown ? clean : `${shorten(clean, page.shown)}\n[the rest: ${handle}]`;
}

const partsText = (parts: readonly ContentPart[]): string => parts.map((part) => (part.type === "text" ? part.text : `[image, ${part.mediaType}]`)).join("\n");
const timeOf = (at: number): string => new Date(at).toISOString().slice(0, 19).replace("T", " ");
const oneLine = (text: string): string => text.replace(/\s+/g, " ").trim();
const quote = (text: string): string =>
  text
    .split("\n")
    .map((line) => `> ${line}`.trimEnd())
    .join("\n");

/** Longer than any run of backticks in it, so that nothing inside can close it. */
function fence(text: string, language = ""): string {
  const marks = "`".repeat(Math.max(3, longestRun(text) + 1));
  return `${marks}${language}\n${text}\n${marks}`;
}
function code(text: string): string {
  const marks = "`".repeat(longestRun(text) + 1);
  return `${marks}${oneLine(text)}${marks}`;
}
const longestRun = (text: string): number => (text.match(/`+/g) ?? []).reduce((most, run) => Math.max(most, run.length), 0);

function costLine({ state }: SessionBooks): string {
  const open = state.openRequests.reduce((sum, one) => sum + one.projection.worst.usd, 0);
  return `$${state.spent.usd.toFixed(4)}${open > 0 ? `, and up to $${open.toFixed(4)} for ${state.openRequests.length} calls that were never answered` : ""}`;
}

/** An end in words; an answer stands above already. */
export function endWords(end: RunEnd): string {
  switch (end.reason) {
    case "answered":
      return "";
    case "budget":
      return end.ruling.says;
    case "awaiting":
      return `waiting for a decision on ${end.steps.map((one) => `${one.tool} ${one.subject}`).join("; ")}`;
    case "turns":
      return `the limit of ${end.limit} turns`;
    case "breaker":
      return `${end.name}, ${end.failures} times: ${end.says}`;
    case "model-error":
      return `${end.failure.class} after ${end.attempts} attempts: ${end.failure.message}`;
    case "context-exhausted":
    case "refused":
    case "aborted":
    case "journal":
    case "lost-lease":
      return end.says;
  }
}
