// One run in a process of its own, which kills itself where the test says. Arguments: a JSON object (ChildOptions).
// On standard output: one JSON line for each event, then {"type":"exit","end":…}.
import { createAgent } from "../../src/index.ts";
import { killingDisk } from "./killing-disk.ts";

export interface ChildOptions {
  readonly project: string;
  readonly home: string;
  readonly session: string;
  readonly input: string | null;
  readonly model: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Operation on the disk (from 1) at which to die, before or after it. Absent: lives. */
  readonly dieAt?: { readonly operation: number; readonly when: "before" | "after" };
}

const options = JSON.parse(process.argv[2] ?? "{}") as ChildOptions;
const { project, home, session, input, model, environment, dieAt } = options;
const disk = killingDisk(dieAt ?? null);
const agent = await createAgent({ cwd: project, home, mode: "bypass", model, environment, disk });
if (!agent.ok) throw agent.error;
const opened = input === null ? await agent.value.resume(session as never) : await agent.value.start(session as never);
if (!opened.ok) throw opened.error;
const run = opened.value.send(input);
for await (const event of run) process.stdout.write(`${JSON.stringify(event)}\n`);
process.stdout.write(`${JSON.stringify({ type: "exit", end: await run.end, operations: disk.count() })}\n`);
await opened.value.release();
