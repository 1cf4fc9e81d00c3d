// What the layout comes to: heads that are shared, thirty turns and two hundred, a recorded session.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputCost, sharedHead } from "../../bench/cost.ts";
import recorded from "../../bench/replay/replay.json" with { type: "json" };
import { replay } from "../../bench/replay/replay.ts";
import type { RecordedRequest, Turn } from "../../src/testing/index.ts";
import { builtinTools } from "../../src/tools/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { done, makePlace, makeScene, read, says, serve, toolOf } from "./support.ts";

const bodyOf = (request: RecordedRequest | undefined): string => Buffer.from(request?.body ?? []).toString("utf8");
const git = (cwd: string, ...words: string[]) =>
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "init.defaultBranch=main", ...words], { cwd, stdio: "ignore" });

test("two sessions of a repository, and two worktrees of it, share tools and system whole", async () => {
  const place = makePlace();
  place.write("AGENTS.md", "Use tabs.\n");
  git(place.project, "init");
  git(place.project, "add", ".");
  git(place.project, "commit", "-m", "one");
  const worktree = join(place.project, "..", "elsewhere", "tree");
  git(place.project, "worktree", "add", "-b", "other", worktree);
  const server = await serve([done, done, done]);
  for (const cwd of [place.project, place.project, worktree]) await (await makeScene(place, server, { cwd })).run(`Look at ${cwd}.`);
  const [first, second, third] = server.requests.map(bodyOf) as [string, string, string];
  expect(first).toContain("Use tabs.");
  expect(sharedHead(first, second).head).toBe(1);
  expect(sharedHead(first, third).head).toBe(1);
  expect(third).toContain("elsewhere/tree");
  // and the provider reads it: of all but what is the session's own
  const { ledger } = server.requests[2] as RecordedRequest;
  expect(ledger?.cacheRead).toBeGreaterThan((ledger?.total ?? 0) * 0.8);
});

/** About 215 bytes, different in every file. */
const fileText = (turn: number): string => Array.from({ length: 5 }, (_, line) => `line ${line + 1} of a small file, number ${turn}.`).join("\n");

async function costOf(turns: number): Promise<{ readonly kilobytes: number; readonly breaks: readonly string[]; readonly tools: number }> {
  const place = makePlace();
  const script: Turn[] = Array.from({ length: turns }, (_, turn) => ({ reply: [read(`file-${turn}.txt`)] }));
  for (let turn = 0; turn < turns; turn++) place.write(`file-${turn}.txt`, fileText(turn));
  // a session with plugins: more tools than bosun's own, each the size of an average one of these
  const more = Array.from({ length: 5 }, (_, at) =>
    toolOf(`plugin_tool_${at}`, "read", () => says("ok"), {
      description: "Looks something up in another system, by its name or by words that stand in it, and gives what was found, newest first.",
      input: { type: "object", properties: { query: { type: "string", description: "What to look for." }, limit: { type: "integer" } }, required: ["query"] },
    }),
  );
  const server = await serve([...script, done]);
  await (await makeScene(place, server, { tools: more })).run("Read them all.");
  expect(server.requests).toHaveLength(turns + 1);
  const bodies = server.requests.map(bodyOf);
  const { tools } = JSON.parse(bodies[0] ?? "{}") as { readonly tools: readonly object[] };
  return { kilobytes: inputCost(bodies).units / 1000, breaks: prefixBreaks(server.requests), tools: tools.length };
}

test("thirty turns with twelve tools and more cost at most 100 kB-equivalents of input, with no break", async () => {
  const { kilobytes, breaks, tools } = await costOf(30);
  expect(builtinTools.length).toBeGreaterThanOrEqual(8);
  expect(tools).toBeGreaterThanOrEqual(12);
  expect(breaks).toEqual([]);
  expect(kilobytes).toBeLessThanOrEqual(100);
});

test("a recorded session of another agent costs less in this layout than it was billed", () => {
  expect(recorded.fiveMinutes.units).toBeLessThan(recorded.billed.units);
  expect(recorded.fiveMinutes.fullMisses).toBeLessThan(recorded.billed.fullMisses);
});

const transcript = join(process.env["BOSUN_TRANSCRIPTS"] ?? join(import.meta.dirname, "../../../shared/transcripts"), "pi-before-compaction.jsonl");
test.skipIf(!existsSync(transcript))("(needs recorded transcripts) the table in docs/cache.md is what the recording gives", () => {
  expect(replay(transcript)).toEqual(recorded);
});
