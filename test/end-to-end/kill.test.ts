// kill -9 in the middle of a run, and resume: nothing twice, nothing unpaired, the prefix byte for byte.
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bash, fewWires, makePlace, serve, statelessScript, text, until } from "../agent/support.ts";
import { checkCrash, childOptions, crashList, crashScript, journalOf, startChild } from "./crash.ts";

describe.each(fewWires)("over the %s wire", (wire) => {
  test("a run that is killed twice ends as scripted, and no call runs twice", async () => {
    const rounds = 5;
    const place = makePlace();
    place.write("list.txt", crashList(rounds));
    const server = await serve(crashScript(wire, rounds));
    let input: string | null = "Do the list.";
    for (const requests of [3, 8]) {
      const child = startChild(childOptions(place, server, wire, input));
      await until(() => server.requests.length >= requests);
      await new Promise((resolve) => setTimeout(resolve, (requests * 7) % 40));
      child.kill();
      expect((await child.ended).signal).toBe("SIGKILL");
      input = null;
    }
    const { end, errors } = await startChild(childOptions(place, server, wire, null)).ended;
    expect(errors).toBe("");
    expect(end).toEqual({ reason: "answered", text: "All is done." });
    checkCrash(place, server, rounds);
  });
});

describe("killed at a given operation on the disk", () => {
  // Spread over one round; test/end-to-end/kill-sweep.long.ts takes every operation.
  test.each([
    { operation: 20, when: "before" },
    { operation: 24, when: "after" },
    { operation: 28, when: "after" },
    { operation: 36, when: "after" },
  ] as const)("$when operation $operation: what the model is told is what is there", async (dieAt) => {
    const place = makePlace();
    place.write("list.txt", crashList(2));
    const server = await serve(crashScript("anthropic", 2));
    const killed = await startChild({ ...childOptions(place, server, "anthropic", "Do the list."), dieAt }).ended;
    expect(killed.signal).toBe("SIGKILL");
    const { end, errors } = await startChild(childOptions(place, server, "anthropic", null)).ended;
    expect(errors).toBe("");
    expect(end).toEqual({ reason: "answered", text: "All is done." });
    checkCrash(place, server, 2);
  });
});

test("a command of a killed bosun ends with it: the evidence says when it began, what it printed and changed, and it is not run again", async () => {
  const place = makePlace();
  const command = "echo began | tee -a ran.txt; (setsid sleep 2; echo late >> ran.txt) & sleep 2.5; echo ended >> ran.txt";
  const server = await serve(statelessScript("anthropic", [[bash(command)], [text("done")]]));
  const child = startChild(childOptions(place, server, "anthropic", "go"));
  await until(() => existsSync(place.file("ran.txt")) && journalOf(place).some((entry) => entry.type === "process"));
  await new Promise((resolve) => setTimeout(resolve, 50));
  child.kill();
  await child.ended;
  const from = performance.now();
  const { end } = await startChild(childOptions(place, server, "anthropic", null)).ended;
  expect(end).toEqual({ reason: "answered", text: "done" });
  const told = JSON.stringify(server.requests.at(-1)?.json);
  expect(told).toContain("not known");
  expect(told).toMatch(/started 20\S+Z as process \d+/);
  expect(told).toContain("it left no exit code: it had not ended when bosun stopped");
  expect(told).toContain("its output, as far as it was recorded:\\n    began");
  expect(told).toContain("files changed since, by whomever: ran.txt");
  await new Promise((resolve) => setTimeout(resolve, Math.max(0, 3500 - (performance.now() - from))));
  expect(place.read("ran.txt")).toBe("began\n");
});
