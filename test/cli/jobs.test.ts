// Commands in the background that the person lets go on, with the command as users have it.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { findKept, findStrays } from "../../src/exec/index.ts";
import { call, done, makePlace, type Place, serve, text } from "../agent/support.ts";
import { bosun, type Ended, sessionOf, start } from "./support.ts";

const background = (command: string) => call("bash", { command, background: true });
const runsOf = (place: Place): string => join(place.home, fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home })[0] ?? "", "../runs");
const alive = (place: Place): readonly boolean[] => findKept(runsOf(place)).map(({ work }) => work.alive());
const keysOf = (place: Place): readonly string[] => findKept(runsOf(place)).map(({ record }) => record.kept?.key ?? "");
const lastBody = (server: { readonly requests: readonly { readonly json: unknown }[] }): string => JSON.stringify(server.requests.at(-1)?.json);

/** Whatever a test leaves is ended after it. */
function makeJobPlace(): Place {
  const place = makePlace();
  onTestFinished(async () => {
    for (const { work } of findKept(runsOf(place))) await work.end(0);
  });
  return place;
}
const allowed = ["--permission-mode", "bypass"] as const;

test("kill -9 of bosun -p: the job goes on, --continue takes it up, reads it, kills it with what left its session", async () => {
  const place = makeJobPlace();
  const server = await serve([
    { reply: [background("echo up; (setsid sh -c 'sleep 300; echo LATE >> late') & while sleep 0.1; do echo tick; done")] },
    { reply: [text("It works.")], delay: { first: 60_000 } },
    { reply: [call("jobs", { action: "list" })] },
    { reply: [call("jobs", { action: "read", job: "j1", offset: 0 })] },
    { reply: [call("jobs", { action: "kill", job: "j1" })] },
    done,
  ]);
  const first = await start({ place, server }, "-p", "start it", ...allowed, "--keep-jobs");
  await expect.poll(() => server.requests.length, { timeout: 15_000 }).toBe(2);
  expect(lastBody(server)).toContain("It goes on after the session");
  first.child.kill("SIGKILL");
  await first.ended;
  await new Promise((resolve) => setTimeout(resolve, 400));
  expect(alive(place)).toEqual([true]);
  const [key = ""] = keysOf(place);
  expect(findStrays([key]).length).toBeGreaterThan(3);
  const next = await bosun({ place, server }, "-p", "how is it?", "--continue", ...allowed);
  expect(next.stderr).toMatch(/bosun: Job j1 \(echo up; .*\) of an earlier run goes on, process \d+\./);
  const told = lastBody(server);
  expect(told).toMatch(/j1 runs since [\d.]+ s \(process \d+\): echo up/);
  expect(told).toMatch(/up\\ntick\\ntick/);
  expect(told).toMatch(/\[j1 ended after [\d.]+ s, exit code \d+/);
  await expect.poll(() => findStrays([key]), { timeout: 2000 }).toEqual([]);
  expect(fs.existsSync(place.file("late"))).toBe(false);
  expect(next.stderr).not.toContain("goes on in the background");
}, 40_000);

test("what ended between two sessions is told to the model with its exit code and last output, once, and to the person", async () => {
  const place = makeJobPlace();
  const server = await serve([{ reply: [background("echo one; sleep 1.5; echo two; exit 6")] }, ...[1, 2, 3].map((n) => ({ reply: [text(`answer ${n}`)] }))]);
  const first = await bosun({ place, server }, "-p", "start it", ...allowed, "--keep-jobs");
  const session = sessionOf(place);
  expect(first.stderr).toMatch(
    new RegExp(
      `A command in the background goes on: j1 \\(process \\d+\\): echo one; .*\\. See with \`bosun sessions jobs ${session}\`; end with \`.* --end j1\``,
    ),
  );
  await expect.poll(() => alive(place), { timeout: 5000 }).toEqual([false]);
  const next = await bosun({ place, server }, "-p", "and now?", "--continue", ...allowed);
  expect(next.stderr).toContain("of an earlier run ended with exit code 6.");
  expect(lastBody(server)).toContain("[bosun] Job j1 (echo one; sleep 1.5; echo two; exit 6) ended with exit code 6. Its last output:\\n    one\\n    two");
  const third = await bosun({ place, server }, "-p", "once more", "--continue", ...allowed);
  expect(third.stderr).not.toContain("j1");
  expect(lastBody(server).split("ended with exit code 6").length).toBe(2);
  expect(fs.existsSync(runsOf(place))).toBe(false);
}, 30_000);

test("bosun sessions jobs lists and ends them; a session with one is not cleared away", async () => {
  const place = makeJobPlace();
  const server = await serve([{ reply: [background("sleep 300"), background("echo second; sleep 300")] }, done]);
  await bosun({ place, server }, "-p", "start them", ...allowed, "--keep-jobs");
  const session = sessionOf(place);
  const listed = await bosun({ place }, "sessions", "jobs");
  expect(listed.code).toBe(0);
  expect(listed.stdout.split("\n")).toEqual([
    expect.stringMatching(new RegExp(`^${session} +j1 +runs for \\S+ .*process \\d+ .*output +sleep 300 *$`)),
    expect.stringMatching(/ j2 +runs for .*echo second; sleep 300 *$/),
    "",
  ]);
  const old = new Date(Date.now() - 90 * 24 * 3600 * 1000);
  for (const name of fs.readdirSync(join(runsOf(place), ".."))) fs.utimesSync(join(runsOf(place), "..", name), old, old);
  const garbage = await bosun({ place }, "sessions", "gc", "--yes");
  expect(garbage.stdout).toMatch(new RegExp(`stays +${session} .*goes on in the background; end it with: bosun sessions jobs ${session} --end all`));
  expect(await bosun({ place }, "sessions", "jobs", session, "--end", "j1")).toMatchObject({ code: 0, stdout: "j1: ended: sleep 300\n" });
  expect(alive(place)).toEqual([false, true]);
  expect(await bosun({ place }, "sessions", "jobs", session, "--end", "j9")).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("Those that go on are j1, j2."),
  });
  expect((await bosun({ place }, "sessions", "jobs", session, "--end", "all")).stdout).toBe(
    "j1: had ended before: sleep 300\nj2: ended: echo second; sleep 300\n",
  );
  expect(await bosun({ place }, "sessions", "jobs", "--end", "all")).toMatchObject({ code: 2, stderr: expect.stringContaining("--end needs the session") });
  expect((await bosun({ place }, "sessions", "gc", "--yes")).stdout).toMatch(new RegExp(`deleted +${session}`));
}, 30_000);

test("only the person can say so: without the option or the setting a job ends with its session; a project's settings do not count", async () => {
  const script = () => serve([{ reply: [background("sleep 300; echo late >> late")] }, done]);
  const keyOf = (place: Place) => /"key":"([^"]+)"/.exec(fs.readFileSync(join(runsOf(place), "../journal.jsonl"), "utf8"))?.[1] ?? "";
  const plain = makeJobPlace();
  const without = await bosun({ place: plain, server: await script() }, "-p", "go", ...allowed);
  expect(without).toMatchObject<Partial<Ended>>({ code: 0, stderr: "" });
  expect(keyOf(plain)).not.toBe("");
  expect(findStrays([keyOf(plain)])).toEqual([]);
  const project = makeJobPlace();
  fs.mkdirSync(project.file(".bosun"));
  project.write(".bosun/settings.json", '{"jobs": {"keep": true}}');
  const ignored = await bosun({ place: project, server: await script() }, "-p", "go", ...allowed);
  expect(ignored.stderr).toContain('these are ignored: "jobs.keep"');
  expect(findStrays([keyOf(project)])).toEqual([]);
  const own = makeJobPlace();
  fs.mkdirSync(own.home, { recursive: true });
  fs.writeFileSync(join(own.home, "settings.json"), '{"jobs": {"keep": true}}');
  await bosun({ place: own, server: await script() }, "-p", "go", ...allowed);
  expect(alive(own)).toEqual([true]);
  fs.writeFileSync(join(own.home, "settings.json"), '{"jobs": {"keep": "yes"}}');
  expect(await bosun({ place: own }, "-p", "go")).toMatchObject({ code: 2, stderr: expect.stringContaining('"jobs.keep" is true or false') });
}, 30_000);
