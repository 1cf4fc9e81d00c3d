// Commands that go on after their call, and what is left on the disk of those that do not.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findStrays } from "../../src/exec/index.ts";
import { bash, call, done, entriesOf, makePlace, makeScene, play, type Scene, serve, text, toldOf, until } from "./support.ts";

const runsOf = (scene: Scene) => join(scene.journalPath, "..", "runs");
const listRuns = (scene: Scene): readonly string[] => (fs.existsSync(runsOf(scene)) ? fs.readdirSync(runsOf(scene)) : []);
const notesOf = (scene: Scene): readonly string[] =>
  entriesOf(scene.journal(), "note").map(({ about, parts }) => `${about}: ${parts.map((part) => (part.type === "text" ? part.text : "")).join("")}`);
const background = (command: string) => call("bash", { command, background: true });

test("what a command leaves on the disk is gone once its result is with the model", async () => {
  const scene = await play([{ reply: [bash("echo one; touch a")] }, { reply: [bash("echo two")] }, done]);
  await scene.run("go");
  await until(() => listRuns(scene).length === 0);
  await scene.conversation.release();
  await until(() => !fs.existsSync(runsOf(scene)));
});

test("a job's process is in the journal with its step, other calls go on beside it, and its end is told once, appended", async () => {
  const scene = await play([
    { reply: [background("sleep 0.3; echo worked; exit 4")] },
    { reply: [bash("sleep 0.8; echo beside")] },
    { reply: [bash("echo more")] },
    done,
  ]);
  const { end } = await scene.run("go");
  expect(end.reason).toBe("answered");
  expect(toldOf(scene)[0]?.text).toMatch(/^\[started as job j1, process \d+, output in /);
  expect(toldOf(scene)[1]?.text).toBe("beside");
  expect(notesOf(scene)).toEqual(["job: [bosun] Job j1 (sleep 0.3; echo worked; exit 4) ended with exit code 4."]);
  const [process] = entriesOf(scene.journal(), "process");
  expect(process?.process).toMatchObject({ pid: expect.any(Number), started: expect.any(String), boot: expect.any(String) });
  expect(entriesOf(scene.journal(), "process")).toHaveLength(3);
});

test("an end that the model has seen itself is not told again", async () => {
  const scene = await play([{ reply: [background("sleep 0.3")] }, { reply: [call("jobs", { action: "wait", job: "j1" })] }, { reply: [bash("true")] }, done]);
  await scene.run("go");
  expect(toldOf(scene)[1]?.text).toMatch(/^\[j1 ended after .* exit code 0; no new output\]$/);
  expect(notesOf(scene)).toEqual([]);
});

test("jobs end with the session, and one that is resumed is told which did, once", async () => {
  const place = makePlace();
  const server = await serve([
    { reply: [background("echo up; sleep 30; echo late >> f")] },
    { reply: [text("started")] },
    { reply: [text("I see")] },
    { reply: [background("sleep 5")] },
    done,
  ]);
  const scene = await makeScene(place, server);
  await scene.run("go");
  const key = [...scene.conversation.session.state.steps.values()][0]?.key ?? "";
  expect(findStrays([key]).length).toBeGreaterThan(0);
  const next = await scene.resume();
  expect(findStrays([key])).toEqual([]);
  await next.run("and now?");
  expect(notesOf(next)).toEqual([
    expect.stringMatching(
      /^job: \[bosun\] Job j1 \(echo up; sleep 30; echo late >> f\), started \S+Z, ended when the bosun that had started it did; it does not run any more\. Its last output:\n {4}up$/,
    ),
  ]);
  const third = await next.resume();
  await third.run("go on");
  expect(notesOf(third)).toHaveLength(1);
  expect(toldOf(third).at(-1)?.text).toContain("started as job j2");
});

test("a background command holds the tree only while it starts", async () => {
  const place = makePlace();
  const first = await makeScene(place, await serve([{ reply: [background("sleep 20")] }, done]));
  const second = await makeScene(place, await serve([{ reply: [bash("echo not waiting")] }, done]));
  await first.run("go");
  const from = performance.now();
  await second.run("go");
  expect(performance.now() - from).toBeLessThan(5000);
  expect(toldOf(second)[0]?.text).toBe("not waiting");
});
