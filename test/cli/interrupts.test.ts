// Signals and readers that go away: the run ends, is recorded, and can be continued.
import { spawn } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bash, done, makePlace, serve, text, until } from "../agent/support.ts";
import { bosun, command, environmentOf, linesOf, type Running, sessionOf, start } from "./support.ts";

const slow = [{ reply: [bash("echo begun > begun; sleep 30; echo over > over")] }, { reply: [text("gone on")] }];
const begun = (place: ReturnType<typeof makePlace>) =>
  until(() => {
    try {
      return place.read("begun") !== "";
    } catch {
      return false;
    }
  });
const bypass = ["--permission-mode", "bypass"];

describe("an interrupt", () => {
  test.each(["SIGINT", "SIGTERM"] as const)("%s ends the run, says so in the call's result, exits with 130; the session goes on later", async (signal) => {
    const [place, server] = [makePlace(), await serve(slow)];
    const running = await start({ place, server }, "-p", "go", "--output-format", "json", ...bypass);
    await begun(place);
    const from = performance.now();
    running.child.kill(signal);
    const ended = await running.ended;
    expect(performance.now() - from).toBeLessThan(5000);
    expect(ended).toMatchObject({ code: 130, signal: null, stderr: expect.stringContaining("--resume") });
    expect(linesOf(ended.stdout)).toMatchObject([{ end: { reason: "aborted" }, exitCode: 130, session: sessionOf(place) }]);
    expect(await bosun({ place, server }, "-p", "--continue", ...bypass)).toMatchObject({ code: 0, stdout: "gone on\n" });
    const said = JSON.stringify(server.requests.at(-1)?.json);
    expect(said).toMatch(/[Ii]nterrupted|aborted/);
    expect(() => place.read("over")).toThrow();
  });
  test("a second one ends the process at once, although something is still waited for", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("trap '' TERM INT; echo begun > begun; while :; do sleep 0.1; done")] }, done])];
    const running = await start({ place, server }, "-p", "go", ...bypass);
    await begun(place);
    running.child.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 150));
    running.child.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
  });
  test("while the model speaks: what was streamed is void, nothing acts on it", async () => {
    const [place, server] = [
      makePlace(),
      await serve({ name: "slow", turns: [{ reply: [text("one two three"), bash("touch acted")], delay: { first: 0, between: 400 } }] }),
    ];
    const running = await start({ place, server }, "-p", "go", "--output-format", "stream-json", ...bypass);
    await until(() => running.stdout().includes("text-delta"));
    running.child.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 130 });
    expect(() => place.read("acted")).toThrow();
  });
});

test("a reader that goes away ends the run quietly", async () => {
  const [place, server] = [makePlace(), await serve(slow)];
  const cli = await command();
  const words = ["-p", "go", "--output-format", "stream-json", ...bypass].map((word) => `'${word}'`).join(" ");
  const shell = spawn("bash", ["-c", `'${process.execPath}' '${cli}' ${words} 2>errors.txt | head -n 1; echo "\${PIPESTATUS[0]}"`], {
    cwd: place.project,
    env: environmentOf({ place, server }),
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  shell.stdout.on("data", (chunk) => {
    output += chunk;
  });
  await new Promise((resolve) => shell.on("close", resolve));
  expect(output).toMatch(/^\{"type":"run-start".*\n130\n$/);
  expect(place.read("errors.txt")).toBe("");
  expect(() => place.read("over")).toThrow();
});

test("stdin, stdout and stderr that are closed from the beginning are no reason to fail", async () => {
  const [place, server] = [makePlace(), await serve([done])];
  const cli = await command();
  const shell = spawn("bash", ["-c", `'${process.execPath}' '${cli}' -p go <&- 2>&- >answer.txt; echo $? > code.txt`], {
    cwd: place.project,
    env: environmentOf({ place, server }),
    stdio: "ignore",
  });
  await new Promise((resolve) => shell.on("close", resolve));
  expect([place.read("answer.txt"), place.read("code.txt")]).toEqual(["done\n", "0\n"]);
});

test("after the end the process is gone at once: no socket or timer holds it", async () => {
  const [place, server] = [makePlace(), await serve([done])];
  const running: Running = await start({ place, server }, "-p", "go", "--output-format", "stream-json");
  let ended = 0;
  running.child.stdout?.on("data", (text: string) => {
    if (text.includes('"run-end"')) ended = performance.now();
  });
  await running.ended;
  // 20 ms on a quiet machine; a keep-alive socket would hold it for seconds.
  expect(performance.now() - ended).toBeLessThan(500);
});
