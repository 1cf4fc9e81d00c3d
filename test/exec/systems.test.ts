// What is different on macOS and on Windows: their paths, taken here by a process that believes to be there.
import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createCages, findStrays, identify, isSameProcess, runCommand, whyNoCommands } from "../../src/exec/index.ts";
import { needs } from "../support/needs.ts";

const here = Object.getOwnPropertyDescriptor(process, "platform") as PropertyDescriptor;
const believe = (platform: NodeJS.Platform): void => void Object.defineProperty(process, "platform", { ...here, value: platform });
let top = "";
const started: ChildProcess[] = [];
beforeEach(() => {
  top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "systems-")));
});
afterEach(() => {
  Object.defineProperty(process, "platform", here);
  for (const child of started.splice(0)) child.kill("SIGKILL");
  fs.rmSync(top, { recursive: true, force: true });
});

const request = (command: string) => ({
  command,
  cwd: top,
  environment: { PATH: process.env.PATH ?? "" },
  timeout: 10_000,
  signal: new AbortController().signal,
  limits: { headBytes: 1000, tailBytes: 1000, wholeBytes: 10_000, folder: top },
});

describe("Windows", () => {
  test("no command is started, and what is lacking is said with the next move", async () => {
    believe("win32");
    const outcome = await runCommand(request("touch made"));
    expect(outcome).toMatchObject({ ended: "not-started", says: expect.stringMatching(/which Windows does not have\. Run bosun inside WSL 2\.$/) });
    expect(outcome.says).toBe(whyNoCommands());
    expect(fs.readdirSync(top)).toEqual([]);
    const said: string[] = [];
    expect(createCages(process.env.PATH ?? "", (says) => said.push(says)).current()).toEqual({ kind: "none" });
    expect(said).toEqual([]);
  });
  test("elsewhere nothing is lacking", () => {
    believe("darwin");
    expect(whyNoCommands()).toBeNull();
    believe("linux");
    expect(whyNoCommands()).toBeNull();
  });
});

needs("ps", "setsid").describe("macOS", () => {
  test("commands are watched, and that there is no namespace is said once", () => {
    believe("darwin");
    const said: string[] = [];
    const cages = createCages(process.env.PATH ?? "", (says) => said.push(says));
    expect([cages.current(), cages.current()]).toEqual([{ kind: "watched" }, { kind: "watched" }]);
    expect(said).toEqual([
      expect.stringMatching(/without a process namespace: macOS has none\. .*their process group is ended; a process that left it would go on/),
    ]);
  });
  test("a command runs with a line before it in place of a file: output, exit code, folder", async () => {
    fs.mkdirSync(join(top, "in"));
    believe("darwin");
    const outcome = await runCommand({ ...request("cd in; echo out; echo err >&2; exit 3"), cage: { kind: "watched" } });
    expect(outcome).toMatchObject({ ended: "exited", exitCode: 3, head: "out\nerr\n", cwd: join(top, "in"), left: null });
  });
  test("a process is known by the date that ps tells, and is another one when that differs", () => {
    believe("darwin");
    const own = identify(process.pid);
    expect(Date.parse(own.started ?? "")).toBeGreaterThan(Date.now() - 86_400_000);
    expect(own.boot).toBe(identify(process.pid).boot);
    expect(isSameProcess(own)).toBe(true);
    expect(isSameProcess({ ...own, started: "Thu Jan 1 00:00:00 1970" })).toBe(false);
  });
  test("kill -9 of the runtime ends the command's group", async () => {
    const options = JSON.stringify({
      top,
      command: "echo START >> f; (sleep 2; echo LATE >> f) & sleep 2.1; echo DONE >> f",
      path: process.env.PATH ?? "",
      timeout: 20_000,
    });
    const preload = "data:text/javascript,Object.defineProperty(process,'platform',{value:'darwin'})";
    const child = spawn(process.execPath, ["--import", preload, join(import.meta.dirname, "runtime.ts"), options], { stdio: "ignore" });
    started.push(child);
    const text = () => (fs.existsSync(join(top, "f")) ? fs.readFileSync(join(top, "f"), "utf8") : "");
    await expect.poll(text, { timeout: 10_000 }).toBe("START\n");
    child.kill("SIGKILL");
    const marked = () => findStrays([`key ${top}`]).map(({ says }) => says);
    await expect.poll(marked, { timeout: 2000 }).toEqual([]);
    await new Promise((resolve) => setTimeout(resolve, 2300));
    expect(text()).toBe("START\n");
  });
});
