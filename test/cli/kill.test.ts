// The command killed outright in the middle of a shell call, and the next one that goes on: nothing is left running, nothing
// runs twice, and model and person are told the same of it. In a process namespace, and where none can be made.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { findStrays } from "../../src/exec/index.ts";
import { bash, entriesOf, makePlace, readJournal, serve, until } from "../agent/support.ts";
import { needs } from "../support/needs.ts";
import { pathWithout } from "../support/path-without.ts";
import { bosun, start } from "./support.ts";

const command = "echo START>>f; (setsid sleep 5; echo LATE>>f) & sleep 6; echo DONE>>f";

/** Kills it once the command has begun, goes on with it, and waits until everything that is left would have come. */
async function killAndContinue(isWatched: boolean) {
  const place = makePlace();
  // the model asks for the same again, which would run it twice
  const server = await serve({ name: "again", turns: [{ reply: [bash(command)] }, { reply: [bash(command)] }] });
  const setting = { place, server, ...(isWatched ? { environment: { PATH: pathWithout("bwrap", place.file("../bin")) } } : {}) };
  const began = performance.now();
  const first = await start(setting, "-p", "go", "--session-id", "mine", "--permission-mode", "bypass");
  const has = (text: string) => fs.existsSync(place.file("f")) && place.read("f").includes(text);
  await until(() => has("START"), 15_000);
  const journal = fs.globSync("projects/*/mine/journal.jsonl", { cwd: place.home }).map((path) => join(place.home, path))[0] ?? "";
  const key = entriesOf(readJournal(journal), "step").flatMap(({ change }) => (change.to === "planned" ? [change.key] : []))[0] ?? "none";
  const running = () => findStrays([key]).map(({ says }) => says);
  await until(() => running().includes("sleep 5") && running().includes("sleep 6"));
  first.child.kill("SIGKILL");
  const killed = await first.ended;
  if (isWatched) await until(() => running().every((says) => says === "sleep 5"), 2000);
  else await until(() => running().length === 0, 2000);
  const next = await bosun(setting, "-p", "--continue", "--permission-mode", "bypass");
  const left = running();
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 6500 - (performance.now() - began))));
  const told = JSON.stringify(server.requests[1]?.json ?? {});
  return { killed, next, left, file: place.read("f"), told, requests: server.requests.length, journal: readJournal(journal) };
}

const evidence = [
  "Whether it took effect, wholly or in part, is not known",
  "it left no exit code: it had not ended when bosun stopped",
  "files changed since, by whomever: f",
];

needs("bwrap", "setsid").test(
  "kill -9 in the middle of a command, then --continue: gone with bosun, not run again, said to model and person alike",
  async () => {
    const [caged, watched] = await Promise.all([killAndContinue(false), killAndContinue(true)]);
    for (const { killed, next, left, file, told, requests, journal } of [caged, watched]) {
      expect(killed.signal).toBe("SIGKILL");
      expect(left).toEqual([]);
      expect(file).toBe("START\n");
      for (const words of evidence) {
        expect(told).toContain(words);
        expect(next.stderr).toContain(words);
      }
      // the same again is a person's to allow, in every mode
      expect(requests).toBe(2);
      expect(next.code).toBe(5);
      expect(next.stderr).toContain("needs a decision");
      expect(entriesOf(journal, "step").filter(({ change }) => change.to === "executing")).toHaveLength(1);
      expect(entriesOf(journal, "step").flatMap(({ change }) => (change.to === "reconciled" ? [change.verdict] : []))).toEqual(["unknown"]);
    }
    // what left its group outlived bosun: it is found, ended and named
    expect(caged.told).not.toContain("were still running");
    expect(watched.killed.stderr).toMatch(/without a process namespace: bubblewrap is not installed\. Install it/);
    for (const words of [watched.told, watched.next.stderr])
      expect(words).toMatch(/processes that it left were still running and were killed now: \d+ \(sleep 5\)/);
  },
  60_000,
);
