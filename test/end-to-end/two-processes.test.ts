// Several processes on one working tree: what changes it happens one at a time, and a dead holder holds nobody up.
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { bash, done, makePlace, type Place, serve, until } from "../agent/support.ts";
import { type Child, childOptions, startChild } from "./crash.ts";

async function startIn(place: Place, session: string, command: string): Promise<Child> {
  const server = await serve([{ reply: [bash(command)] }, done]);
  return startChild({ ...childOptions(place, server, "anthropic", "go"), session });
}

test("commands of two processes on one tree do not overlap", async () => {
  const place = makePlace();
  const command = (name: string) => `date +%s%N > ${name}.begin; sleep 0.4; date +%s%N > ${name}.end`;
  const children = await Promise.all(["a", "b"].map((name) => startIn(place, name, command(name))));
  const ends = await Promise.all(children.map((child) => child.ended));
  expect(ends.map(({ end }) => end?.reason)).toEqual(["answered", "answered"]);
  const time = (name: string) => BigInt(place.read(name).trim());
  expect(time("a.begin") > time("b.end") || time("b.begin") > time("a.end")).toBe(true);
});

test("a process that is killed while it holds the tree does not hold up the next", async () => {
  const place = makePlace();
  const holder = await startIn(place, "holder", "touch held; sleep 4");
  await until(() => existsSync(place.file("held")));
  const next = await startIn(place, "next", "date +%s%N > next.begin");
  holder.kill();
  await holder.ended;
  const from = performance.now();
  expect((await next.ended).end).toEqual({ reason: "answered", text: "done" });
  expect(performance.now() - from).toBeLessThan(3500);
});
