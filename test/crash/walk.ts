// The walk that is crashed: eighteen calls of every kind in two runs, an answer that comes later and a compaction between them.
// What the model says depends only on how far the conversation is, so that a walk that was cut off goes on as it would have.

import { dirname, join } from "node:path";
import type { Json, SessionId } from "../../src/base/index.ts";
import type { Disk, Machine } from "../../src/exec/index.ts";
import { type AgentOptions, type Conversation, createAgent, type RunEnd, type RunEvent, type Tool } from "../../src/index.ts";
import type { Message } from "../../src/model/index.ts";
import type { Decision } from "../../src/permissions/index.ts";
import type { Entry } from "../../src/session/index.ts";
import type { Script, Turn } from "../../src/testing/index.ts";
import { bash, call, edit, read, says, statelessScript, text, toolOf } from "../agent/support.ts";
import { alwaysSame, byKey, delegateTool, delegateTurns } from "./delegate.ts";
import { connectServer, type ToolServer } from "./server.ts";

export const prompts = ["Do the list.", "And the rest."] as const;
export const lastWords = "All is done.";
export const startFiles: Readonly<Record<string, string>> = { "list.txt": "item 0\nitem 1\nitem 2\nitem 3\n", "notes.txt": "Nothing of note.\n" };

/** Where effects that are not the disk's are counted, one name a call, and where a process may die around them. */
export interface Outside {
  /** `key`: one effect for each key, however often it is asked for. */
  effect(name: string, key?: string): Promise<void>;
  /** An operation that is no effect, and what it does. */
  around(name: string, work: () => void): Promise<void>;
}

const stored = (path: string, content: string) => call("write", { path, content });
const counted = (tool: string, name: string) => call(tool, { name });

/**
 * "real": commands of bash, one of them in the background, a server in a process of its own, a delegate with a session of its
 * own. "none": functions that stand for them, where a disk in memory is all there is.
 */
export type World = "real" | "none";

const commandOf = (world: World) => (name: string) => (world === "real" ? bash(`echo ${name} >> ran-${name}.txt`) : counted("run", name));

export function walkTurns(world: World): readonly Turn["reply"][] {
  const isReal = world === "real";
  const command = commandOf(world);
  const job = isReal ? call("bash", { command: "echo job >> ran-job.txt; exec sleep 600", background: true }) : counted("run", "job");
  return [
    [read("list.txt"), read("notes.txt")],
    [edit("list.txt", "item 0\n", "done 0\n"), command("first"), job],
    [stored("new.txt", "new\n"), bash("rm list.txt")],
    [counted("post", "posted"), edit("list.txt", "item 1\n", "done 1\n")],
    [call("todo", { items: [{ text: "the rest", state: "doing" }] }), counted("guarded", "guarded")],
    [text("The first part is done.")],
    [read("list.txt"), isReal ? call("jobs", { action: "read", job: "j1" }) : read("notes.txt"), counted("delegate", "delegated")],
    [edit("list.txt", "item 2\n", "done 2\n"), stored("later.txt", "later\n"), command("second"), counted("post", "last")],
    [text(lastWords)],
  ];
}
/** The delegate asks for another model, by which its turns are told apart. */
export function walkScript(world: World): Script {
  const { turns, ...script } = statelessScript("anthropic", walkTurns(world));
  const child = statelessScript("anthropic", delegateTurns(commandOf(world))).turns.map((turn) => ({ ...turn, match: { ...turn.match, model: "haiku" } }));
  return { ...script, turns: [...child, ...turns] };
}

export interface LifeOptions {
  readonly project: string;
  readonly home: string;
  readonly session: string;
  readonly model: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly disk: Disk;
  readonly machine: Machine;
  readonly outside: Outside;
  readonly world: World;
  readonly more?: Partial<AgentOptions>;
}

export interface Life {
  /** How its last run ended; a string: the session could not be opened, and why. */
  readonly end: RunEnd | string;
  readonly events: readonly RunEvent[];
  readonly runs: number;
  /** Of the conversation as it stood at the end of this life. */
  readonly messages: readonly Message[];
  /** The walk is through. */
  readonly through: boolean;
}

/** Where a server counts its effects: beside the project. */
export const serverLog = (project: string): string => join(dirname(project), "server.log");

/** Tools of a server that takes idempotency keys and of one that does not, of a program, of a delegate; programs and servers real or their stand-ins. */
function toolsOf(options: LifeOptions, server: ToolServer, onEvent: (event: RunEvent) => void): readonly Tool[] {
  const { outside, world, project } = options;
  const input: Tool["input"] = { type: "object", properties: { name: { type: "string" } }, required: ["name"] };
  const make = (name: string, effect: Tool["effect"], work: (name: string, key: string) => Promise<unknown>, redo: Tool["redo"] = "never"): Tool =>
    toolOf(
      name,
      effect,
      async (given: Json, key) => {
        await work((given as { name: string }).name, key);
        return says(`${name}: done`);
      },
      { input, redo },
    );
  const ask = (tool: string) => (name: string, key: string) =>
    world === "real" ? server.call(tool, name, key) : outside.effect(name, tool === "post" ? key : undefined);
  const run = make("run", "execute", (name) => outside.effect(name));
  const delegate = delegateTool({ ...settingsOf(options), cwd: project, tools: [run] }, onEvent, world === "real" ? byKey : alwaysSame, { input });
  return [run, make("post", "network", ask("post"), "safe"), make("guarded", "network", ask("guarded")), delegate];
}

const settingsOf = ({ home, environment, disk, machine, more }: LifeOptions): AgentOptions => ({ home, environment, disk, machine, ...more });

const limitOfRuns = 12;

/** One process's life: opens the session and carries the walk on as far as it can. Never leaves the lock held. */
export async function live(options: LifeOptions): Promise<Life> {
  const events: RunEvent[] = [];
  const { machine, outside } = options;
  const server = connectServer(machine, { folder: options.project, log: serverLog(options.project), around: outside.around });
  const opened = await open(options, server, (event) => events.push(event));
  if (typeof opened === "string") return { end: opened, events, runs: 0, messages: [], through: false };
  let end: RunEnd | string = "nothing was run";
  let runs = 0;
  let through = false;
  try {
    for (; runs < limitOfRuns; runs++) {
      const next = await nextMove(opened);
      if (next === "through") {
        through = true;
        break;
      }
      const run = opened.conversation.send(next);
      for await (const event of run) events.push(event);
      end = await run.end;
      if (end.reason === "journal" || end.reason === "lost-lease") break;
    }
  } catch (error) {
    end = `append refused: ${error instanceof Error ? error.message : String(error)}`;
  }
  const { messages } = opened.conversation.session.state;
  await opened.conversation.release();
  await server.close();
  return { end, events, runs, messages: [...messages], through };
}

interface Opened {
  readonly conversation: Conversation;
  readonly known: { compactions: number; users: number };
}

async function open(options: LifeOptions, server: ToolServer, onEvent: (event: RunEvent) => void): Promise<Opened | string> {
  const agent = await createAgent({
    ...settingsOf(options),
    cwd: options.project,
    mode: "bypass",
    rules: [
      { text: "bash(rm *)", verdict: "deny", source: "the walk" },
      { text: "guarded", verdict: "ask", source: "the walk" },
    ],
    model: options.model,
    tools: toolsOf(options, server, onEvent),
  });
  if (!agent.ok) return agent.error.message;
  const session = options.session as SessionId;
  const known = { compactions: 0, users: 0 };
  const count = (entry: Entry): void => {
    if (entry.type === "compaction") known.compactions += 1;
    if (entry.type === "user") known.users += 1;
  };
  let opened = await agent.value.resume(session);
  if (opened.ok) await agent.value.store.read(session, count);
  else if (opened.error.code === "session-missing") opened = await agent.value.start(session);
  if (!opened.ok) return opened.error.message;
  opened.value.session.subscribe(count);
  return { conversation: opened.value, known };
}

/** What a person at the session would do next: say something, answer a question, or let it go on. */
async function nextMove({ conversation, known }: Opened): Promise<string | null | "through"> {
  const { session } = conversation;
  const { state } = session;
  if (known.users === 0) return prompts[0];
  const asked = state.pending.find(({ step }) => step?.state === "awaiting-approval" && state.answers.get(step.id)?.asking !== step.asked?.asking);
  if (state.end?.reason === "awaiting" && asked?.step?.asked) {
    const decision: Decision = {
      call: asked.call.id,
      tool: asked.call.tool,
      subject: "",
      verdict: "allow",
      reason: { by: "person", says: "by letter" },
      mode: "bypass",
      holds: "call",
      facts: { cwd: "", root: "", paths: [], commands: [], domains: [] },
      took: 0,
    };
    await session.append({ type: "decision", step: asked.step.id, asking: asked.step.asked.asking, decision });
    return null;
  }
  if (state.end?.reason !== "answered") return null;
  if (known.compactions === 0) await compact(conversation);
  if (known.users === 1) return prompts[1];
  return "through";
}

/** The conversation with the results of its first reply shortened: same calls, same count of messages. */
async function compact({ session }: Conversation): Promise<void> {
  const { messages, length } = session.state;
  const second = messages.findIndex((message, index) => message.role === "assistant" && messages.slice(0, index).some(({ role }) => role === "assistant"));
  const stand = messages.map(
    (message, index): Message => (index < second && message.role === "tool" ? { ...message, parts: [{ type: "text", text: "[cleared]" }] } : message),
  );
  await session.append({ type: "compaction", strategy: "walk", from: 0, to: length, stand, receipt: {} });
}
