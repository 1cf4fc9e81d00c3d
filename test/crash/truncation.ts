// A real journal cut at every byte of its end, and with NULs over every sector: opened, gone on with, looked at.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionId } from "../../src/base/index.ts";
import { systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { createAgent, projectSlug } from "../../src/index.ts";
import { createFileStore, decodeLine, type Entry, readSession } from "../../src/session/index.ts";
import { type ModelServer, startModelServer } from "../../src/testing/index.ts";
import { environmentFor, modelFor, text } from "../agent/support.ts";
import type { Violation } from "./invariants.ts";
import { inLanes, type Share, serverFor } from "./sweep.ts";
import { addViolations, newTally, type Tally } from "./tally.ts";
import { runTrial } from "./trial.ts";

/** A journal of a whole walk. */
export async function recordJournal(): Promise<Buffer> {
  const server = await serverFor("none");
  try {
    return (await runTrial(server, "none", [])).journal;
  } finally {
    await server.close();
  }
}

export type Damage = { readonly kind: "cut"; readonly at: number } | { readonly kind: "nul"; readonly from: number; readonly to: number };
export const damagesOf = (journal: Buffer): readonly Damage[] => [
  ...Array.from({ length: Math.min(8192, journal.length) }, (_, index): Damage => ({ kind: "cut", at: journal.length - 1 - index })),
  ...Array.from(
    { length: Math.ceil(journal.length / 512) },
    (_, index): Damage => ({ kind: "nul", from: index * 512, to: Math.min(journal.length, (index + 1) * 512) }),
  ),
];

export function damaged(journal: Buffer, damage: Damage): Buffer {
  if (damage.kind === "cut") return journal.subarray(0, damage.at);
  const bytes = Buffer.from(journal);
  bytes.fill(0, damage.from, damage.to);
  return bytes;
}

/** Lines of the original that the damage did not touch. */
function untouched(journal: Buffer, damage: Damage): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let at = 0, end = journal.indexOf(10); end >= 0; at = end + 1, end = journal.indexOf(10, at)) {
    const isWhole = damage.kind === "cut" ? end < damage.at : end < damage.from || at >= damage.to;
    if (isWhole) lines.push(journal.subarray(at, end));
  }
  return lines;
}

const anything = () =>
  startModelServer({ script: { name: "anything", order: "first-match", turns: [{ reply: [text("Yes.")], repeat: "always" }] }, keepBodies: 4 });

/** Opens it, says one more thing, reads it again: no throw, no silent gap, no fused line, nothing unharmed is lost. */
export async function checkDamage(
  place: { readonly project: string; readonly home: string },
  server: ModelServer,
  journal: Buffer,
  damage: Damage,
  name: string,
): Promise<readonly Violation[]> {
  const found: Violation[] = [];
  const say = (invariant: Violation["invariant"], says: string): void => void found.push({ invariant, says });
  const folder = join(place.home, "projects", projectSlug(place.project));
  const path = join(folder, name, "journal.jsonl");
  mkdirSync(join(folder, name), { recursive: true });
  const bytes = damaged(journal, damage);
  writeFileSync(path, bytes);
  const from = server.requests.length;
  const agent = await createAgent({
    cwd: place.project,
    home: place.home,
    mode: "bypass",
    model: modelFor("anthropic"),
    environment: environmentFor("anthropic", server),
  });
  if (!agent.ok) throw agent.error;
  const opened = await agent.value.resume(name as SessionId);
  if (!opened.ok) return [{ invariant: "an end in bounded steps", says: `not opened: ${opened.error.message}` }];
  const said: string[] = [];
  try {
    const first = opened.value.send("Go on.");
    for await (const event of first) if (event.type === "notice") said.push(event.code);
    let end = await first.end;
    for (let runs = 0; runs < 3 && end.reason !== "answered" && end.reason !== "awaiting"; runs++) end = await opened.value.send(null).end;
    if (end.reason !== "answered" && end.reason !== "awaiting") say("an end in bounded steps", JSON.stringify(end));
  } finally {
    await opened.value.release();
  }
  for (const request of server.requests.slice(from)) if (request.outcome === "refused") say("no unpaired call is sent", request.says ?? "refused");
  const seqs = new Map<number, Entry>();
  const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder, version: "test" });
  const read = await readSession(store, name as SessionId, (entry) => void seqs.set(entry.seq, entry));
  if (!read.ok) return [...found, { invariant: "no silent gap", says: read.error.message }];
  for (const line of untouched(journal, damage)) {
    const decoded = decodeLine(line);
    if (decoded.kind === "entry" && seqs.get(decoded.entry.seq)?.id !== decoded.entry.id)
      say("no synced entry is lost", `line ${decoded.entry.seq} was not touched and is not there`);
  }
  checkSaid(bytes, damage, { seqs, said, gaps: read.value.findings.filter((finding) => finding.kind === "gap").length }, say);
  return found;
}

interface Seen {
  readonly seqs: ReadonlyMap<number, Entry>;
  readonly said: readonly string[];
  readonly gaps: number;
}

function checkSaid(bytes: Buffer, damage: Damage, { seqs, said, gaps }: Seen, say: (invariant: Violation["invariant"], says: string) => void): void {
  const kinds = [...seqs.values()].map((entry) => entry.type);
  const isTorn = bytes.length > 0 && bytes[bytes.length - 1] !== 10;
  if (damage.kind === "cut" && isTorn && !(kinds.includes("repair") && said.includes("journal-repaired"))) say("no silent gap", "a torn end was not said");
  if (damage.kind === "nul" && !kinds.includes("repair") && !(kinds.includes("gap") && said.includes("journal-gap")))
    say("no silent gap", "NULs were not said");
  const last = Math.max(...seqs.keys());
  const holes = last + 1 - seqs.size;
  if (holes > 0 && gaps === 0 && !kinds.includes("gap")) say("no silent gap", `${holes} lines are missing without a word`);
}

export async function truncations(journal: Buffer, damages: readonly Damage[], share: Share): Promise<Tally> {
  const tally = newTally("journal cut or overwritten");
  const from = performance.now();
  const top = mkdtempSync(join(tmpdir(), "bosun-damage-"));
  const place = { project: join(top, "project"), home: join(top, "home") };
  mkdirSync(place.project);
  try {
    await inLanes(
      [...damages.entries()].filter(([index]) => index % share.of === share.index),
      anything,
      async ([index, damage], server) => {
        tally.trials += 1;
        tally.points += 1;
        tally.resumes += 1;
        addViolations(tally, await checkDamage(place, server, journal, damage, `d${index}`), JSON.stringify(damage));
      },
    );
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
  tally.seconds = (performance.now() - from) / 1000;
  return tally;
}
