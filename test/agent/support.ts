// A project, a scripted model behind real HTTP, and an agent between them, on real files.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Json, SessionId } from "../../src/base/index.ts";
import { type AgentOptions, type Conversation, createAgent, type RunEnd, type RunEvent, type Tool, type ToolMeta } from "../../src/index.ts";
import type { ToolResult } from "../../src/model/index.ts";
import type { Entry } from "../../src/session/index.ts";
import { checkScript, type ModelServer, type ModelServerOptions, type Script, startModelServer, type Turn } from "../../src/testing/index.ts";

export type WireChoice = "anthropic" | "openai" | "responses" | "gemini";
/** For what costs much time over each. */
export const fewWires: readonly WireChoice[] = ["anthropic", "openai"];
export const wires: readonly WireChoice[] = [...fewWires, "responses", "gemini"];
const models: Readonly<Record<WireChoice, string>> = {
  anthropic: "anthropic/claude-sonnet-5-5",
  openai: "openai/gpt-5",
  responses: "openai/gpt-6.2-sol",
  gemini: "gemini/gemini-4-argon",
};

export interface Place {
  readonly project: string;
  readonly home: string;
  file(name: string): string;
  write(name: string, text: string): void;
  read(name: string): string;
}

/** What a helper is given to clean up by; tests that run beside others must pass their own. */
export type Finished = typeof onTestFinished;

/** A project folder (no repository) and a home for sessions, gone after the test. */
export function makePlace(finished: Finished = onTestFinished): Place {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-test-")));
  finished(() => fs.rmSync(top, { recursive: true, force: true }));
  const project = join(top, "project");
  fs.mkdirSync(project);
  const file = (name: string) => join(project, name);
  return {
    project,
    home: join(top, "home"),
    file,
    write: (name, text) => fs.writeFileSync(file(name), text),
    read: (name) => fs.readFileSync(file(name), "utf8"),
  };
}

/** A checked script on a server that is closed after the test. */
export async function serve(
  script: Script | readonly Turn[],
  options: Omit<ModelServerOptions, "script"> = {},
  finished: Finished = onTestFinished,
): Promise<ModelServer> {
  const whole = "turns" in script ? script : { name: "test", turns: script };
  const checked = checkScript(JSON.parse(JSON.stringify(whole)) as Json);
  if (!checked.ok) throw checked.error;
  const server = await startModelServer({ script: checked.value, ...options });
  finished(() => server.close());
  return server;
}

export const environmentFor = (wire: WireChoice, server: ModelServer): Readonly<Record<string, string>> => ({
  PATH: process.env.PATH ?? "",
  ...places[wire](server),
});
const places: Readonly<Record<WireChoice, (server: ModelServer) => Readonly<Record<string, string>>>> = {
  anthropic: ({ url }) => ({ ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "key" }),
  openai: ({ openaiUrl }) => ({ OPENAI_BASE_URL: openaiUrl, OPENAI_API_KEY: "key" }),
  responses: ({ openaiUrl }) => ({ OPENAI_BASE_URL: openaiUrl, OPENAI_API_KEY: "key" }),
  gemini: ({ url }) => ({ GOOGLE_GEMINI_BASE_URL: url, GEMINI_API_KEY: "key" }),
};
/** All of them at once: for sessions that go over from one to another. */
export const allPlaces = (server: ModelServer): Readonly<Record<string, string>> => ({
  PATH: process.env.PATH ?? "",
  ...Object.assign({}, ...Object.values(places).map((place) => place(server))),
});
export const modelFor = (wire: WireChoice): string => models[wire];

export interface Setting extends AgentOptions {
  readonly wire?: WireChoice;
}
export interface Scene {
  readonly place: Place;
  readonly server: ModelServer;
  readonly conversation: Conversation;
  /** Sends and waits; the events of this run. */
  run(input: string | null, signal?: AbortSignal): Promise<Ran>;
  journal(): readonly Entry[];
  readonly journalPath: string;
  /** Releases this conversation and opens the session anew, as another process would. */
  resume(setting?: Setting): Promise<Scene>;
}
export interface Ran {
  readonly end: RunEnd;
  readonly events: readonly RunEvent[];
}

export async function makeScene(place: Place, server: ModelServer, setting: Setting = {}, session?: SessionId): Promise<Scene> {
  const { wire = "anthropic", ...options } = setting;
  const agent = await createAgent({
    cwd: place.project,
    home: place.home,
    mode: "bypass",
    model: modelFor(wire),
    environment: environmentFor(wire, server),
    ...options,
  });
  if (!agent.ok) throw agent.error;
  const opened = session === undefined ? await agent.value.start() : await agent.value.resume(session);
  if (!opened.ok) throw opened.error;
  const conversation = opened.value;
  onTestFinished(() => conversation.release());
  const { id } = conversation.session;
  const journalPath = join(agent.value.sessionsFolder, id, "journal.jsonl");
  return {
    place,
    server,
    conversation,
    journalPath,
    run: (input, signal) => collect(conversation.send(input, signal)),
    journal: () => readJournal(journalPath),
    async resume(changed = {}) {
      await conversation.release();
      return makeScene(place, server, { ...setting, ...changed }, id);
    },
  };
}

export async function collect(run: ReturnType<Conversation["send"]>): Promise<Ran> {
  const events: RunEvent[] = [];
  for await (const event of run) events.push(event);
  return { end: await run.end, events };
}

/** Place, server and agent in one, where nothing of them matters. */
export async function play(turns: readonly Turn[], setting: Setting = {}, prepare: (place: Place) => void = () => undefined): Promise<Scene> {
  const place = makePlace();
  prepare(place);
  return makeScene(place, await serve(turns), setting);
}

/** Its whole lines: one that is being written has no end yet. */
export const readJournal = (path: string): readonly Entry[] =>
  fs
    .readFileSync(path, "utf8")
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Entry);

export type EventOf<Type extends RunEvent["type"]> = Extract<RunEvent, { readonly type: Type }>;
export const eventsOf = <Type extends RunEvent["type"]>(events: readonly RunEvent[], type: Type): readonly EventOf<Type>[] =>
  events.filter((event): event is EventOf<Type> => event.type === type);
export type EntryOf<Type extends Entry["type"]> = Extract<Entry, { readonly type: Type }>;
export const entriesOf = <Type extends Entry["type"]>(entries: readonly Entry[], type: Type): readonly EntryOf<Type>[] =>
  entries.filter((entry): entry is EntryOf<Type> => entry.type === type);

/** States of each step in the order in which they were reached, by call id. */
export function coursesOf(events: readonly RunEvent[]): ReadonlyMap<string, readonly string[]> {
  const courses = new Map<string, string[]>();
  for (const event of eventsOf(events, "step")) courses.set(event.call, [...(courses.get(event.call) ?? []), event.to]);
  return courses;
}

/** What the model was told of each call, in order: tool and text. */
export function toldOf(scene: Scene): readonly { readonly tool: string; readonly text: string; readonly failed: boolean }[] {
  return scene.conversation.session.state.messages.flatMap((message) =>
    message.role === "tool"
      ? [{ tool: message.tool, failed: message.failed, text: message.parts.map((part) => (part.type === "text" ? part.text : "[image]")).join("") }]
      : [],
  );
}

export const call = (tool: string, input: Readonly<Record<string, Json>>): Turn["reply"][number] => ({ call: tool, input });
export const bash = (command: string): Turn["reply"][number] => call("bash", { command });
export const read = (path: string): Turn["reply"][number] => call("read", { path });
export const edit = (path: string, old: string, replacement: string): Turn["reply"][number] => call("edit", { path, edits: [{ old, new: replacement }] });
export const text = (says: string): Turn["reply"][number] => ({ text: says });
export const done: Turn = { reply: [text("done")] };

const anyInput: ToolMeta["input"] = { type: "object", properties: {} };
/** A tool of a test's own. */
export function toolOf(
  name: string,
  effect: ToolMeta["effect"],
  work: (input: Json, key: string, signal: AbortSignal) => Promise<ToolResult> | ToolResult,
  more: Partial<Tool> = {},
): Tool {
  return {
    name,
    description: `The test's tool ${name}.`,
    input: anyInput,
    source: { tier: "builtin" },
    responsibility: "belongs to a test",
    effect,
    redo: effect === "read" ? "safe" : "never",
    subjects: [],
    load: async () => async (input, context) => ({
      preview: { kind: "text", text: `${name} ${JSON.stringify(input)}` },
      before: [],
      after: effect === "read" ? [] : null,
      commit: async () => work(input, context.key, context.signal),
    }),
    ...more,
  };
}
export const says = (words: string, failed = false): ToolResult => ({ parts: [{ type: "text", text: words }], failed });

/** For processes of a test: compiled sources are shared between them, which halves their start. */
export const sharedCompileCache = { NODE_COMPILE_CACHE: join(tmpdir(), "bosun-test-compiled") } as const;

/** Polls until it holds; fails the test after `limit` milliseconds. */
export async function until(holds: () => boolean, limit = 10_000): Promise<void> {
  for (const from = performance.now(); !holds(); ) {
    if (performance.now() - from > limit) throw new Error(`still not so after ${limit} ms: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** What the model says depends on how far the conversation is, not on how often it was asked: for runs that are cut off. */
export function statelessScript(wire: WireChoice, replies: readonly Turn["reply"][]): Script {
  let messages = wire === "anthropic" ? 1 : 2; // there the environment is a message of its own
  const turns = replies.map((reply): Turn => {
    const match = { messages };
    messages += 1 + (wire === "anthropic" ? 1 : reply.filter((part) => "call" in part).length);
    return { reply, match, repeat: "always" };
  });
  return { name: "stateless", order: "first-match", turns };
}
