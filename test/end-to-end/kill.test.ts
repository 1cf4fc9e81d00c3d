// kill -9 in the middle of a run, and resume: nothing twice, nothing unpaired, the prefix byte for byte.
import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { bash, makePlace, serve, statelessScript, text, until, wires } from "../agent/support.ts";
import { checkCrash, childOptions, crashList, crashScript, journalOf, startChild } from "./crash.ts";

describe.each(wires)("over the %s wire", (wire) => {
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
    { operation: 12, when: "before" },
    { operation: 21, when: "after" },
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

test("a command that outlives its killed bosun: its process is named in the evidence, it is not run again, its work is there", async () => {
  const place = makePlace();
  const server = await serve(statelessScript("anthropic", [[bash("echo began >> ran.txt; sleep 1.5; echo ended >> ran.txt")], [text("done")]]));
  const child = startChild(childOptions(place, server, "anthropic", "go"));
  await until(() => existsSync(place.file("ran.txt")) && journalOf(place).some((entry) => entry.type === "process"));
  child.kill();
  await child.ended;
  const { end } = await startChild(childOptions(place, server, "anthropic", null)).ended;
  expect(end).toEqual({ reason: "answered", text: "done" });
  const told = JSON.stringify(server.requests.at(-1)?.json);
  expect(told).toContain("not known");
  expect(told).toContain("its process is still running");
  await until(() => place.read("ran.txt").includes("ended"));
  expect(place.read("ran.txt")).toBe("began\nended\n");
});
