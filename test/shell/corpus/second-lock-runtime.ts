// Runs inside a world: commands in bosun's own shell, in a profile or plain, one after another. A request is a line of standard
// input, its answer a line of standard output. Arguments: the project and the home.
import { spawn } from "node:child_process";
import { closeSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cleanEnvironment, createCages, createSandbox, createShell, nodeMachine, type Profile } from "../../../src/exec/index.ts";
import { secretReason } from "../../../src/permissions/index.ts";
import { type Answer, lineOf, type Request } from "./second-lock-wire.ts";

const [root = "", home = homedir()] = process.argv.slice(2);
const own = "/mnt/own";
const outputLimit = 400_000;
mkdirSync(own);
const environment = cleanEnvironment(process.env);
const path = environment["PATH"] ?? "";
const cages = createCages(path, (says) => process.stderr.write(`${says}\n`));
const isSecret = (file: string): boolean => secretReason(file, { root, home }) !== null;
const place = { root, home, path, environment, own, temporary: join(own, "tmp"), network: false, writable: [], isSecret, cages, machine: nodeMachine };
const keep = async () => ({ ok: true as const, value: "kept" });
let count = 0;

/** As a session has it, each with the things of a new one. */
async function inProfile(command: string, profile: Profile, limit: number): Promise<Answer> {
  count += 1;
  const bytes = { headBytes: outputLimit, tailBytes: outputLimit };
  const shell = createShell({ cwd: root, environment, folder: own, runs: join(own, `runs-${count}`), cages, keep, sandbox: createSandbox(place), ...bytes });
  const state = shell.sandboxState();
  if (!state.works) throw new Error(state.why);
  const request = { command, cwd: root, timeout: limit, signal: new AbortController().signal, onOutput: () => undefined, onStart: () => undefined };
  const { ended, exitCode, head, tail, sandbox, says } = await shell.run({ ...request, step: "step", key: `${count}`, profile });
  await shell.close();
  if (ended === "not-started" || (profile !== "open" && sandbox?.made !== true)) throw new Error(`not in its profile: ${says ?? sandbox?.why}`);
  return { ended, code: exitCode, output: head + tail };
}

/** With both streams into one file, as the shell has them. */
function plain(command: string, limit: number): Promise<Answer> {
  const file = join(own, "plain");
  const descriptor = openSync(file, "w");
  const environmentOfShell = { ...process.env, ...environment };
  return new Promise((done) => {
    const options = { stdio: ["ignore", descriptor, descriptor] as ["ignore", number, number], cwd: root, env: environmentOfShell, detached: true };
    const child = spawn("bash", ["--noprofile", "--norc", "-c", command], options);
    const timer = setTimeout(() => child.kill("SIGKILL"), limit);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      closeSync(descriptor);
      done({ ended: signal === null ? "exited" : "signalled", code, output: readFileSync(file, "utf8").slice(0, 2 * outputLimit) });
    });
  });
}

for await (const line of createInterface({ input: process.stdin })) {
  const { command, profile, limit } = JSON.parse(line) as Request;
  let answer: Answer;
  try {
    answer = await (profile === "none" ? plain(command, limit) : inProfile(command, profile, limit));
  } catch (error) {
    answer = { ended: `error: ${error instanceof Error ? error.message : String(error)}`, code: null, output: "" };
  }
  process.stdout.write(lineOf(answer));
}
