// One command in a shell of a process of its own. Arguments: a JSON object. On standard output: the result as JSON, and what
// was said to be missing.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { cleanEnvironment, createCages, createShell } from "../../src/exec/index.ts";

interface Options {
  readonly top: string;
  readonly command: string;
  readonly path: string;
  readonly timeout: number;
}
const { top, command, path, timeout } = JSON.parse(process.argv[2] ?? "{}") as Options;
const folder = join(top, "private");
mkdirSync(folder, { recursive: true });
const missing: string[] = [];
const shell = createShell({
  cwd: top,
  environment: cleanEnvironment({ ...process.env, PATH: path }),
  folder,
  runs: join(top, "runs"),
  cages: createCages(path, (says) => missing.push(says)),
  keep: async () => ({ ok: true, value: "kept" }),
});
const signal = new AbortController().signal;
const outcome = await shell.run({ command, cwd: top, timeout, signal, onOutput: () => undefined, onStart: () => undefined, step: "step", key: `key ${top}` });
process.stdout.write(`${JSON.stringify({ ...outcome, missing })}\n`);
await shell.close();
