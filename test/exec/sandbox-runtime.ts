// Commands in a shell of a process of its own, each in its profile. Arguments: a JSON object. On standard output: the results.
import { mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cleanEnvironment, createCages, createSandbox, createShell, nodeMachine, type Profile } from "../../src/exec/index.ts";

export interface Options {
  /** Private folder of the runtime. */
  readonly own: string;
  readonly root: string;
  readonly home: string;
  readonly path: string;
  readonly cwd?: string;
  readonly network?: boolean;
  readonly writable?: readonly string[];
  readonly commands: readonly { readonly command: string; readonly profile?: Profile; readonly background?: boolean; readonly timeout?: number }[];
  /** Between the look at the disk and the start: this folder is put aside, and a link put in its place. */
  readonly swap?: { readonly at: string; readonly to: string };
  readonly shell?: object;
}
const { own, root, home, path, cwd = root, network = true, writable = [], commands, swap, shell: more = {} } = JSON.parse(readFileSync(0, "utf8")) as Options;
mkdirSync(own, { recursive: true });
const missing: string[] = [];
const machine: typeof nodeMachine = {
  ...nodeMachine,
  start(program, options, how) {
    if (swap !== undefined) {
      renameSync(swap.at, `${swap.at}.aside`);
      symlinkSync(swap.to, swap.at);
    }
    return nodeMachine.start(program, options, how);
  },
};
const environment = cleanEnvironment({ ...process.env, HOME: home, PATH: path });
const cages = createCages(path, (says) => missing.push(says), machine);
const temporary = join(own, "tmp", "session");
const isSecret = (file: string) => /\.env$|\.pem$/.test(file);
const sandbox = createSandbox({ root, home, path, environment, own, temporary, network, writable, isSecret, cages, machine });
const keep = async () => ({ ok: true as const, value: "kept" });
const shell = createShell({ cwd, environment, folder: own, runs: join(own, "runs"), cages, keep, sandbox, machine, ...more });
const results: object[] = [];
const signal = new AbortController().signal;
for (const [index, { command, profile, background, timeout = 20_000 }] of commands.entries()) {
  const step = `step-${index}`;
  const rest = { cwd: index === 0 ? cwd : shell.cwd(), timeout, signal, onOutput: () => undefined, onStart: () => undefined, step, key: `key ${own} ${index}` };
  results.push(await shell.run({ command, ...rest, profile, background }));
  shell.settled(step);
  shell.durable();
}
const state = shell.sandboxState();
await shell.close();
process.stdout.write(JSON.stringify({ results, missing, state }));
