// Two lives of a session whose home is a small file system of its own: in the first a tool fills it up in the middle of its
// effect, for the second there is room again. Argument: a JSON object. Prints one JSON object.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import type { SessionId } from "../../src/base/index.ts";
import { type Conversation, createAgent, type RunEnd } from "../../src/index.ts";
import { says, toolOf } from "./support.ts";

export interface FullDiskChild {
  readonly home: string;
  readonly project: string;
  readonly model: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Characters of the tool's result. */
  readonly size: number;
}
export interface FullDiskReport {
  readonly ends: readonly RunEnd[];
  readonly effects: number;
  /** Just before the disk was filled, and after the first life's last line. */
  readonly reserve: readonly boolean[];
  readonly told: readonly string[];
  readonly notices: readonly string[];
}

const options = JSON.parse(process.argv[2] ?? "{}") as FullDiskChild;
const filler = join(options.home, "filler");
const session = "s_full" as SessionId;
const report = { ends: [] as RunEnd[], effects: 0, reserve: [] as boolean[], told: [] as string[], notices: [] as string[] };

const own = toolOf("own", "execute", () => {
  report.effects += 1;
  report.reserve.push(fs.existsSync(reservePath));
  const descriptor = fs.openSync(filler, "w");
  try {
    for (const piece = Buffer.alloc(4096, 1); ; ) fs.writeSync(descriptor, piece);
  } catch {
    fs.closeSync(descriptor); // full
  }
  return says(`did it ${"x".repeat(options.size)}`);
});
const agent = await createAgent({ ...options, cwd: options.project, mode: "bypass", tools: [own] });
if (!agent.ok) throw agent.error;
const reservePath = join(agent.value.sessionsFolder, session, "reserve");

async function live(conversation: Conversation, input: string | null): Promise<void> {
  const run = conversation.send(input);
  for await (const event of run) if (event.type === "notice") report.notices.push(`${event.code}: ${event.says}`);
  report.ends.push(await run.end);
}

const first = await agent.value.start(session);
if (!first.ok) throw first.error;
await live(first.value, "go");
report.reserve.push(fs.existsSync(reservePath));
await first.value.release();
fs.rmSync(filler);
fs.mkdirSync(dirname(reservePath), { recursive: true });
const second = await agent.value.resume(session);
if (!second.ok) throw second.error;
await live(second.value, null);
for (const message of second.value.session.state.messages)
  if (message.role === "tool") report.told.push(message.parts.map((part) => (part.type === "text" ? part.text : "")).join(""));
await second.value.release();
process.stdout.write(JSON.stringify(report));
