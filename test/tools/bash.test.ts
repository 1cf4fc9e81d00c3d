import * as fs from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { isPrepared } from "../../src/tools/index.ts";
import { createWorkplace, textOf, type Workplace } from "./support.ts";

let place: Workplace;
beforeEach(() => {
  place = createWorkplace();
});
afterEach(() => place.remove());
const bash = (command: string, more: { timeout?: number } = {}, signal?: AbortSignal) => place.call("bash", { command, ...more }, signal);

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
test("a background process is told, with how to end it", async () => {
  const text = textOf(await bash("sleep 20 & echo started"));
  const group = /kill -- -(\d+)/.exec(text)?.[1];
  expect(text).toMatch(/^started\n\[A background process still runs/);
  expect(Number(group)).toBeGreaterThan(1);
  process.kill(-Number(group), "SIGKILL");
});
test("keys of the person are not visible", async () => {
  process.env.ANTHROPIC_API_KEY = "sk-secret";
  try {
    const other = createWorkplace();
    expect(textOf(await other.call("bash", { command: "env; cat /proc/self/environ | tr '\\0' '\\n'" }))).not.toContain("sk-secret");
    other.remove();
  } finally {
    delete process.env.ANTHROPIC_API_KEY;
  }
});
