// Every operation on the disk of a whole run, killed before and after it.
import { expect, test } from "vitest";
import { makePlace, serve } from "../agent/support.ts";
import { checkCrash, childOptions, crashList, crashScript, startChild } from "./crash.ts";

const rounds = 2;

test("a kill at any operation leaves every call done, not done, or said to be unknown", async () => {
  const whole = makePlace();
  whole.write("list.txt", crashList(rounds));
  const first = await startChild(childOptions(whole, await serve(crashScript("anthropic", rounds)), "anthropic", "Do the list.")).ended;
  expect(first.operations).toBeGreaterThan(30);
  const seen = { unknown: 0, notApplied: 0 };
  for (let operation = 1; operation <= first.operations; operation++) {
    for (const when of ["before", "after"] as const) {
      const place = makePlace();
      place.write("list.txt", crashList(rounds));
      const server = await serve(crashScript("anthropic", rounds));
      const killed = await startChild({ ...childOptions(place, server, "anthropic", "Do the list."), dieAt: { operation, when } }).ended;
      expect(killed.signal, `${when} operation ${operation}: ${killed.code} ${killed.errors}`).toBe("SIGKILL");
      if (server.requests.length === 0) continue; // it died before anything was asked for; nothing to go on with
      const { end, errors } = await startChild(childOptions(place, server, "anthropic", null)).ended;
      expect(errors, `${when} operation ${operation}`).toBe("");
      expect(end, `${when} operation ${operation}`).toEqual({ reason: "answered", text: "All is done." });
      const { unknown, notApplied } = checkCrash(place, server, rounds);
      seen.unknown += unknown;
      seen.notApplied += notApplied;
    }
  }
  // The sweep is worth something only if it met both.
  expect(seen.unknown).toBeGreaterThan(2);
  expect(seen.notApplied).toBeGreaterThan(2);
});
