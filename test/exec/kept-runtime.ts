// A process with a shell that starts one job in the background, to be kept, says what came of it, and then waits to be killed.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cleanEnvironment, createCages, createShell } from "../../src/exec/index.ts";

interface Options {
  readonly top: string;
  readonly command: string;
  readonly path: string;
  readonly keepJobs: boolean;
  readonly wholeBytes?: number;
}
const { top, command, path, keepJobs, wholeBytes = 8 * 1024 * 1024 } = JSON.parse(process.argv[2] ?? "{}") as Options;
const folder = join(top, "private");
mkdirSync(folder, { recursive: true });
const cages = createCages(path, () => undefined);
const keep = async (): Promise<{ readonly ok: true; readonly value: string }> => ({ ok: true, value: "kept" });
const environment = cleanEnvironment({ ...process.env, PATH: path });
const shell = createShell({ cwd: top, environment, folder, runs: join(top, "runs"), cages, keep, keepJobs, wholeBytes });
const how = { cwd: top, timeout: 1, signal: new AbortController().signal, onOutput: () => undefined, onStart: () => undefined, background: true };
const outcome = await shell.run({ ...how, command, step: "step", key: `key ${top}` });
process.stdout.write(`${JSON.stringify(outcome)}\n`);
setInterval(() => undefined, 1000);
