// A slice of `npm run test:crash`, in which each part of the sweep has its share.
import { describe, expect, test, vi } from "vitest";
import { createPowerDisk, diceOf } from "./power-disk.ts";
import { losePower, powerLosses } from "./power-loss.ts";
import { doubleDeaths, everyNth, failures, runJobs, serverFor, singleDeaths, whole } from "./sweep.ts";
import type { Tally } from "./tally.ts";
import { runTrial } from "./trial.ts";
import { damagesOf, recordJournal, truncations } from "./truncation.ts";

// each part takes a few seconds, on a machine that has nothing else to do
vi.setConfig({ testTimeout: 120_000 });

/** Nothing violated, and the trial was one: it crashed. */
function expectSound(tally: Tally, crashes: number): void {
  expect(tally.samples).toEqual([]);
  expect(tally.violations).toEqual({});
  expect(tally.crashes).toBeGreaterThanOrEqual(crashes);
}

test("undisturbed, in the real world: programs, a server, a delegate and a job each do their work once, and nothing of them is left", async () => {
  const server = await serverFor("real");
  const { violations, effects, points, lives } = await runTrial(server, "real", []);
  await server.close();
  expect(violations).toEqual([]);
  expect(lives).toHaveLength(1);
  const names = ["delegated", "first", "guarded", "job", "last", "posted", "second"];
  expect([...effects].filter(([name]) => !name.includes(" ")).sort()).toEqual(names.map((name) => [name, 1]));
  expect([...effects].filter(([name]) => name.includes(" with the key ")).map(([, times]) => times)).toEqual([1, 1, 1]);
  const started = points[0]?.filter(({ name }) => name === "start").map(({ path }) => path) ?? [];
  expect(started.sort()).toEqual(["bash", "bwrap", "bwrap", "bwrap", "bwrap"]);
});

describe("kill -9", () => {
  test("at operations all over the walk: every invariant holds", async () => {
    const tally = await runJobs("", await singleDeaths(61, 150, 19), whole);
    expectSound(tally, 15);
    expect(tally.resumes).toBeGreaterThanOrEqual(tally.crashes);
  });
  test("in the recovery from another one", async () => expectSound(await runJobs("", await doubleDeaths(130, 20), whole), 15));
});

test("ENOSPC, EIO and EPERM, once or from then on, and short writes", async () => expectSound(await runJobs("", await failures(89, 61), whole), 8));

describe("power loss", () => {
  test("at chance moments: every invariant holds", async () => expectSound(await powerLosses(1, 40, whole), 40));
  test("a seed replays identically", async () => {
    for (const seed of [7, 16, 135, 1042, 5016]) expect((await losePower(seed)).trace).toBe((await losePower(seed)).trace);
  });
  test("the disk that loses power does lose: names without their folder's sync, content without the file's", async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const disk = createPowerDisk("/power");
      const file = await disk.open("/power/a", "create", 0o600);
      await file.write(Buffer.from("kept."));
      await file.sync();
      if (seed % 2 === 0) await disk.syncFolder("/power");
      await file.write(Buffer.from("lost?"));
      disk.fail(diceOf(seed));
      const content = disk.content("/power/a")?.toString("latin1") ?? null;
      if (seed % 2 === 0) expect(content?.startsWith("kept.")).toBe(true);
      outcomes.add(content === null ? "no name" : content === "kept.lost?" ? "whole" : content === "kept." ? "old" : content.length < 10 ? "torn" : "rubbish");
      await expect(file.write(Buffer.from("x"))).rejects.toThrow("before the power failed");
    }
    expect([...outcomes].sort()).toEqual(["no name", "old", "rubbish", "torn", "whole"]);
  });
});

test("a journal cut at bytes of its end and with NULs over sectors: opened, said, gone on with", async () => {
  const journal = await recordJournal();
  const damages = damagesOf(journal);
  expect(damages.length).toBeGreaterThan(8192 + 100);
  const tally = await truncations(journal, everyNth(damages, 131), whole);
  expectSound(tally, 0);
  expect(tally.trials).toBeGreaterThan(60);
});
