// `bosun cache ID`: what the provider's cache held of each request of a session, what broke it, and at what price.
import { type Json, redactJson, systemClock } from "../../base/index.ts";
import { breakVectors, type CachedRequest, type CacheStory, readCacheStory } from "../../context/index.ts";
import { nodeDisk } from "../../exec/index.ts";
import { findPlace, version } from "../../index.ts";
import { createFileStore, findSession } from "../../session/index.ts";
import type { Arguments } from "../arguments.ts";
import { usage } from "../audit-index.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";
import { columns, visible } from "../text.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const place = findPlace(options.cwd === undefined ? {} : { cwd: options.cwd }, terminal.environment);
  if (!place.ok) return reportError(terminal, place.error);
  const [id, ...more] = words;
  if (id === undefined || id === "" || more.length > 0)
    return reportError(terminal, usage("cache takes the name of one session.", "`bosun sessions` lists them; the beginning of a name is enough."));
  const found = await findSession(place.value.home, id, place.value.sessionsFolder);
  if (!found.ok) return reportError(terminal, found.error);
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder: found.value.projectFolder, version });
  const story = await readCacheStory(store, found.value.session);
  if (!story.ok) return reportError(terminal, story.error);
  if (options.json === true) await terminal.outJson(redactJson(story.value as unknown as Json));
  else await terminal.out(storyInWords(story.value));
  return exitTable.answered.code;
}

/** Columns of the longest bar. */
const longest = 40;
const signs = { read: "█", written: "▒", missed: "░" } as const;

function storyInWords(story: CacheStory): string {
  const { requests, read, written, missed } = story;
  if (requests.length === 0) return `Session ${story.session} has asked no model yet.\n`;
  const all = read + written + missed;
  const most = Math.max(1, ...requests.map(sumOf));
  const broken =
    story.breaks === 0
      ? "nothing broke it"
      : `${story.breaks} ${story.breaks === 1 ? "break" : "breaks"}${story.usd === null ? "" : `, $${story.usd.toFixed(4)}`}`;
  const title = `Session ${story.session}: ${requests.length} ${requests.length === 1 ? "request" : "requests"}, ${count(all)} tokens of input, ${share(read, all)} read from the cache; ${broken}.`;
  const lines = columns(requests.map((one, index) => rowOf(one, index, most))).split("\n");
  const body = requests.flatMap((one, index) => [lines[index] ?? "", ...notesOf(one).map((note) => `      ${visible(note)}`)]);
  return `${title}\n${signs.read} read  ${signs.written} written  ${signs.missed} neither\n\n${body.join("\n")}\n`;
}

const sumOf = ({ read, written, missed }: CachedRequest): number => read + written + missed;
const share = (part: number, all: number): string => (all === 0 ? "0 %" : `${Math.floor((part * 100) / all)} %`);
const count = (tokens: number): string => (tokens < 10_000 ? String(tokens) : `${(tokens / 1000).toFixed(1)}k`);

function rowOf(one: CachedRequest, index: number, most: number): readonly string[] {
  const all = sumOf(one);
  const what = one.ended === "replied" ? (one.purpose === "turn" ? "" : one.purpose) : one.ended;
  return [String(index + 1).padStart(4), new Date(one.at).toISOString().slice(11, 19), count(all), share(one.read, all), barOf(one, most), visible(what)];
}

/** Each part that is there has at least one column. */
function barOf(one: CachedRequest, most: number): string {
  const width = (tokens: number): number => (tokens === 0 ? 0 : Math.max(1, Math.round((tokens * longest) / most)));
  return (["read", "written", "missed"] as const).map((part) => signs[part].repeat(width(one[part]))).join("");
}

function notesOf({ forecast, outcome, differ }: CachedRequest): readonly string[] {
  const broken = forecast?.broken;
  const price = (usd: number | null): string => (usd === null ? "price unknown" : `$${usd.toFixed(4)}`);
  const notes: string[] = [];
  if (broken !== undefined) {
    const title = breakVectors.find(({ number }) => number === broken.vector)?.title ?? "";
    const cost = broken.tokens === 0 ? "the cache was cold anyway" : `about ${count(broken.tokens)} tokens again, ${price(broken.usd)}`;
    notes.push(`✗ broken in ${broken.segment} (${broken.vector}, ${title}): ${broken.cause}; ${cost}`);
  } else if (forecast === undefined && differ.length > 0) notes.push(`✗ ${differ.join(", ")} differs from the request before`);
  if (outcome?.verdict === "expired") notes.push(`· expired: ${count(outcome.missed)} tokens again, ${price(outcome.usd)}`);
  if (outcome?.verdict === "evicted") notes.push(`! the provider had dropped it: ${count(outcome.missed)} tokens again, ${price(outcome.usd)}`);
  if (outcome?.verdict === "changed") notes.push(`  by its count: ${count(outcome.missed)} tokens again, ${price(outcome.usd)}`);
  return notes;
}
