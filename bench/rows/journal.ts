// Opening a long session. The journal is made of what bosun itself wrote in a real run of two hundred reads, over and over
// with other ids, until it has the size: small lines, so many of them.
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Agent } from "../../src/index.ts";
import type { EntryBody } from "../../src/session/index.ts";
import { row } from "../row.ts";
import { reads } from "../script.ts";
import { median } from "../statistics.ts";
import { type Bench, type Group, runOnce } from "./context.ts";

const megabyte = 1e6;

export const journalRows: Group = async (bench) => {
  const home = bench.place.newHome();
  const sizes = bench.all ? [10, 100] : [10];
  await runOnce(bench, bench.contenders.bosun, reads(200), { home });
  const bosunHome = join(home, ".bosun");
  const recorded = await recordedBodies(bench, bosunHome);
  const rows = [];
  for (const size of sizes) {
    const made = await makeJournal(bench, bosunHome, recorded, size * megabyte);
    const bosun: number[] = [];
    const bare: number[] = [];
    const memory: number[] = [];
    for (let round = 0; round < 3; round++) {
      bare.push(open(bench, ["bare", join(made.folder, "journal.jsonl")]).milliseconds);
      const opened = open(bench, ["bosun", bench.place.dist, bench.place.repository, bosunHome, made.session]);
      bosun.push(opened.milliseconds);
      memory.push(opened.bytes / megabyte);
    }
    const values = { bosun: median(bosun), best: Math.min(...bosun), bare: median(bare), note: `${made.lines} lines` };
    rows.push(row(`journal-${size}`, `open a journal of ${size} MB`, "ms", values));
    rows.push(row(`journal-${size}-memory`, `most memory while a journal of ${size} MB is opened`, "MB", { bosun: median(memory), best: Math.min(...memory) }));
  }
  return rows;
};

interface Made {
  readonly session: string;
  readonly folder: string;
  readonly lines: number;
}

async function openAgent({ place }: Bench, home: string): Promise<Agent> {
  const { createAgent } = (await import(`${place.dist}/index.js`)) as typeof import("../../src/index.ts");
  const environment = { ...process.env, ANTHROPIC_API_KEY: "bench" };
  const agent = await createAgent({ cwd: place.repository, home, model: "anthropic/claude-sonnet-5-5", environment });
  if (!agent.ok) throw agent.error;
  return agent.value;
}

async function recordedBodies(bench: Bench, home: string): Promise<readonly EntryBody[]> {
  const { store } = await openAgent(bench, home);
  const [recorded] = await store.list();
  if (!recorded) throw new Error("the run left no journal");
  return bodiesOf(join(recorded.folder, "journal.jsonl"));
}

async function makeJournal(bench: Bench, home: string, bodies: readonly EntryBody[], bytes: number): Promise<Made> {
  const agent = await openAgent(bench, home);
  const conversation = await agent.start();
  if (!conversation.ok) throw conversation.error;
  const { session } = conversation.value;
  const folder = join(agent.sessionsFolder, session.id);
  let lines = 1;
  for (let copy = 0; statSync(join(folder, "journal.jsonl")).size < bytes; copy++) {
    const next = bodies.filter((body) => copy === 0 || body.type !== "prefix").map((body) => withOtherIds(body, copy));
    await Promise.all(next.map((body) => session.append(body)));
    lines += next.length;
  }
  await conversation.value.release();
  return { session: session.id, folder, lines };
}

function bodiesOf(path: string): EntryBody[] {
  return readFileSync(path, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => {
      const { v: _v, seq: _seq, id: _id, ts: _ts, prev: _prev, crc: _crc, ...body } = JSON.parse(line);
      return body as EntryBody;
    })
    .filter((body) => body.type !== "session");
}

/** Requests, steps, tasks and calls of their own: as in a session that goes on, not one that repeats itself. */
export function withOtherIds(body: EntryBody, copy: number): EntryBody {
  return JSON.parse(JSON.stringify(body).replace(/"([rstq]_01[0-9a-z]{20}|toolu_\d+_\d+)"/g, `"$1-${copy}"`));
}

function open({ place }: Bench, words: readonly string[]): { readonly milliseconds: number; readonly bytes: number } {
  const [milliseconds, bytes] = execFileSync(process.execPath, [place.opener, ...words], { encoding: "utf8", maxBuffer: megabyte })
    .trim()
    .split(" ")
    .map(Number);
  return { milliseconds: milliseconds ?? Number.NaN, bytes: bytes ?? Number.NaN };
}
