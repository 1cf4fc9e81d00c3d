import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Json } from "../../src/base/index.ts";
import { isPrepared } from "../../src/tools/index.ts";
import { createWorkplace, textOf, type Workplace } from "./support.ts";

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());
const jobs = (input: Json) => place.call("jobs", input);
const bash = (command: string, more: { timeout?: number; background?: boolean } = {}, signal?: AbortSignal) => place.call("bash", { command, ...more }, signal);

test("nothing runs before commit, and the command is what is shown", async () => {
  const prepared = await place.prepare("bash", { command: "touch ran" });
  if (!isPrepared(prepared)) throw new Error(textOf(prepared));
  expect(prepared.preview).toEqual({ kind: "command", command: "touch ran", cwd: place.root });
  expect(prepared.after).toBeNull();
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(fs.readdirSync(place.root)).toEqual([]);
  expect(textOf(await place.settle(prepared))).toBe("(no output)");
  expect(fs.readdirSync(place.root)).toEqual(["ran"]);
});
test("output, and in words how it ended", async () => {
  expect(await bash("echo hi")).toMatchObject({ failed: false, parts: [{ type: "text", text: "hi" }], detail: { exitCode: 0, ended: "exited" } });
  expect(await bash("echo hi; exit 3")).toMatchObject({ failed: true, parts: [{ text: "hi\n[exit code 3]" }] });
  expect(textOf(await bash("nosuchprogram"))).toMatch(/\[exit code 127: a command was not found\]$/);
  expect(textOf(await bash("kill -9 $$"))).toMatch(/^\[ended by the signal SIGKILL after/);
  expect(textOf(await bash("echo begun; sleep 30", { timeout: 200 }))).toMatch(
    /^begun\n\[ended after the time limit of 200 ms; it may have done a part of its work/,
  );
});
test("an abort is said", async () => {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 200);
  expect(textOf(await bash("sleep 30", {}, controller.signal))).toMatch(/^\[interrupted by the person/);
});
test("the working folder carries over and is said, variables do not", async () => {
  fs.mkdirSync(join(place.root, "deep"));
  const moved = await bash("cd deep; export X=1");
  expect(moved.cwd).toBe(join(place.root, "deep"));
  expect(textOf(moved)).toContain(`[working folder of the next command: ${join(place.root, "deep")}`);
  const next = await bash('pwd; echo "x=$X"');
  expect(textOf(next)).toBe(`${join(place.root, "deep")}\nx=`);
  expect(next.cwd).toBeUndefined();
});
test("a working folder that went away is said and left", async () => {
  await bash("mkdir gone; cd gone");
  fs.rmdirSync(join(place.root, "gone"));
  const result = await bash("pwd");
  expect(textOf(result)).toBe(`${place.root}\n[The working folder ${join(place.root, "gone")} does not exist any more: this ran in ${place.root}.]`);
  expect(textOf(await bash("pwd"))).toBe(place.root);
});
test("a folder that goes away between prepare and commit: nothing runs", async () => {
  await bash("mkdir -p deep/er; cd deep/er");
  const prepared = await place.prepare("bash", { command: "touch ../../../ran" });
  fs.rmSync(join(place.root, "deep"), { recursive: true });
  const result = await place.settle(prepared);
  expect(result).toMatchObject({ failed: true, detail: { ended: "not-started" } });
  expect(textOf(result)).toContain("it was not started");
  expect(fs.existsSync(join(place.root, "../../ran"))).toBe(false);
});
test("long output is cut in the middle and kept whole", async () => {
  const result = await bash("seq 1 100000");
  const text = textOf(result);
  expect(text.length).toBeLessThan(31_000);
  expect(text).toMatch(/^1\n2\n/);
  expect(text).toMatch(/\n100000$/);
  const [blob = ""] = result.blobs ?? [];
  expect(text).toContain(`of 588.9 kB left out; kept as blob:${blob.slice(0, 12)}`);
  expect(new TextDecoder().decode(place.blobs.get(blob))).toBe(Array.from({ length: 100_000 }, (_, index) => `${index + 1}\n`).join(""));
});
test("a background process goes on as a job, which is told", async () => {
  const result = await bash("sleep 20 & echo started");
  expect(textOf(result)).toBe("started\n[something it started still runs, as job j1: see the tool jobs]");
  expect(result.detail).toMatchObject({ ended: "exited", exitCode: 0, job: "j1" });
  expect(textOf(await jobs({ action: "list" }))).toMatch(/^j1 runs since [\d.]+ s \(process \d+\): sleep 20 & echo started$/);
  expect(textOf(await jobs({ action: "kill", job: "j1" }))).toMatch(/^started\n\[j1 ended after/);
});
test("keys of the person are not visible", async () => {
  process.env.ANTHROPIC_API_KEY = "sk-secret";
  try {
    const other = createWorkplace();
    expect(textOf(await other.call("bash", { command: "env; cat /proc/self/environ | tr '\\0' '\\n'" }))).not.toContain("sk-secret");
    await other.remove();
  } finally {
    delete process.env.ANTHROPIC_API_KEY;
  }
});

test("a command in the background: its call ends at once, its output and its end are there to be read", async () => {
  const started = await bash("echo one; sleep 0.7; echo two; exit 3", { background: true });
  expect(started).toMatchObject({ failed: false, detail: { ended: "started", job: "j1" } });
  expect(textOf(started)).toMatch(/^\[started as job j1, process \d+, output in .*\/output; see the tool jobs\. It ends with the session\]$/);
  expect(textOf(await jobs({ action: "read", job: "j1" }))).toMatch(/^one\n\[j1 runs since .* bytes 0 to 4\]$/);
  expect(textOf(await jobs({ action: "wait", job: "j1", timeout: 10 }))).toMatch(/^\[j1 runs .*; no new output\]$/);
  expect(textOf(await jobs({ action: "wait", job: "j1" }))).toMatch(/^two\n\[j1 ended after .*, exit code 3; bytes 4 to 8\]$/);
  expect(textOf(await jobs({ action: "read", job: "j1", offset: 0 }))).toMatch(/^one\ntwo\n\[j1 ended/);
});
test("a command in the background that fails at once is told as a result", async () => {
  expect(await bash("nosuchprogram", { background: true })).toMatchObject({ failed: true, detail: { ended: "exited", exitCode: 127 } });
  expect(textOf(await jobs({ action: "list" }))).toBe("No command runs in the background.");
});
test("a wait for a job can be interrupted", async () => {
  await bash("sleep 20", { background: true });
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 100);
  const from = performance.now();
  expect(textOf(await place.call("jobs", { action: "wait", job: "j1" }, controller.signal))).toContain("j1 runs");
  expect(performance.now() - from).toBeLessThan(5000);
});
test("what a job cannot be asked", async () => {
  expect(await jobs({ action: "read" })).toMatchObject({ failed: true, parts: [{ text: expect.stringContaining('"job" is missing') }] });
  expect(await jobs({ action: "kill", job: "j7" })).toMatchObject({ failed: true, parts: [{ text: expect.stringContaining('There is no job "j7"') }] });
  await bash("sleep 20", { background: true });
  expect(textOf(await jobs({ action: "read", job: "j7" }))).toContain("There are: j1.");
});
