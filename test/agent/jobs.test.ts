// Commands that go on after their call, and what is left on the disk of those that do not.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findKept, findStrays } from "../../src/exec/index.ts";
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

/** What a test leaves running is ended after it. */
function endAfter(scene: Scene): Scene {
  const runs = runsOf(scene);
  onTestFinished(async () => {
    for (const { work } of findKept(runs)) await work.end(0);
  });
  return scene;
}

test("a job that is kept: the session ends without it, the next one takes it up under its name, and new ones have others", async () => {
  const place = makePlace();
  const server = await serve([
    { reply: [background("echo up; sleep 300")] },
    { reply: [text("started")] },
    { reply: [background("sleep 301")] },
    { reply: [call("jobs", { action: "list" })] },
    { reply: [call("jobs", { action: "kill", job: "j1" }), call("jobs", { action: "read", job: "j1", offset: 0 })] },
    done,
  ]);
  const scene = endAfter(await makeScene(place, server, { keepJobs: true }));
  await scene.run("go");
  expect(toldOf(scene)[0]?.text).toMatch(/^\[started as job j1, process \d+, output in .*\/output; see the tool jobs\. It goes on after the session, until/);
  const pid = scene.conversation.keptJobs()[0]?.pid;
  expect(scene.conversation.keptJobs()).toMatchObject([{ job: "j1", command: "echo up; sleep 300", runs: true, kept: true }]);
  const next = await scene.resume({ keepJobs: false });
  expect(next.conversation.notices).toEqual([`Job j1 (echo up; sleep 300) of an earlier run goes on, process ${pid}.`]);
  await next.run("and now?");
  const told = toldOf(next).map((one) => one.text);
  expect(told[1]).toContain("started as job j2");
  expect(told[1]).toContain("It ends with the session");
  expect(told[2]).toMatch(/^j2 runs since .*sleep 301\nj1 runs since .*echo up; sleep 300$|^j1 runs since .*echo up; sleep 300\nj2 runs since .*sleep 301$/);
  expect(told[3]).toMatch(/^up\n(Terminated\n)?\[j1 ended after /);
  expect(notesOf(next)).toEqual([]);
  expect(next.conversation.keptJobs()).toEqual([]);
  const third = await next.resume();
  expect(third.conversation.notices).toEqual([]);
});

test("one that ends while the next session is open is told by a note with its last output, once", async () => {
  const place = makePlace();
  const server = await serve([
    { reply: [background("sleep 1.5; echo the end; exit 2")] },
    { reply: [text("started")] },
    { reply: [bash("sleep 2")] },
    { reply: [text("seen")] },
    done,
  ]);
  const scene = endAfter(await makeScene(place, server, { keepJobs: true }));
  await scene.run("go");
  const next = await scene.resume();
  await next.run("wait");
  const note = "job: [bosun] Job j1 (sleep 1.5; echo the end; exit 2) ended with exit code 2. Its last output:\n    the end";
  expect(notesOf(next)).toEqual([note]);
  const third = await next.resume();
  await third.run("go on");
  expect(notesOf(third)).toEqual([note]);
});

test("a restart of the system in between is told as the end of it", async () => {
  const place = makePlace();
  const server = await serve([{ reply: [background("echo up; sleep 300")] }, { reply: [text("started")] }, { reply: [text("seen")] }]);
  const scene = endAfter(await makeScene(place, server, { keepJobs: true }));
  await scene.run("go");
  await scene.conversation.release();
  for (const { run, work, record } of findKept(runsOf(scene))) {
    await work.end(0);
    fs.rmSync(run.exit);
    fs.writeFileSync(run.job, JSON.stringify({ ...record, process: { ...record.process, boot: "another", pid: process.pid } }));
  }
  const next = await scene.resume();
  const says = "ended with the system, which was started again since.";
  expect(next.conversation.notices).toEqual([`Job j1 (echo up; sleep 300) of an earlier run ${says}`]);
  await next.run("and now?");
  expect(notesOf(next)).toEqual([`job: [bosun] Job j1 (echo up; sleep 300) ${says} Its last output:\n    up`]);
});

test("a job whose start has no result when bosun dies is ended on resume, and that is said: nothing goes on that nobody was told of", async () => {
  const place = makePlace();
  const server = await serve([{ reply: [background("echo up; sleep 300")] }, { reply: [text("started")] }, { reply: [text("seen")] }]);
  const scene = endAfter(await makeScene(place, server, { keepJobs: true }));
  await scene.run("go");
  await scene.conversation.release();
  // the journal as it was before the step was closed
  const lines = fs.readFileSync(scene.journalPath, "utf8").split("\n");
  const closed = lines.findIndex((line) => line.includes('"to":"done"') && line.includes("started as job j1"));
  expect(closed).toBeGreaterThan(0);
  fs.writeFileSync(scene.journalPath, `${lines.slice(0, closed).join("\n")}\n`);
  const next = await scene.resume();
  expect(findKept(runsOf(scene))[0]?.work.alive()).toBe(true);
  await next.run(null);
  expect(toldOf(next)[0]?.text).toMatch(/was still running and was ended now/);
  expect(findKept(runsOf(scene)).some(({ work }) => work.alive())).toBe(false);
  expect(next.conversation.keptJobs()).toEqual([]);
});
