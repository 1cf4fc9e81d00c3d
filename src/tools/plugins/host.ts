// The processes of a session's plugins: begun at the first call, one for each sandbox that a plugin's tools need. The one that
// can only read stays for the session; what may write or send is there while a call of it is, and no longer.
//
// Owns: which processes there are, when one may be begun again. Calls: connection; what it is handed to begin a process.
// Invariants
//  O1  Nothing of a plugin runs before its first committed call, nor after the session.
//  O2  A tool runs in the sandbox of its own effect: what it says of itself is held to, not believed.
//  O3  What is begun is the approved copy, looked at again at that moment.
//  O4  Between calls nothing of a plugin runs that could have an effect.
//  O5  A plugin that ended three times within five minutes is left alone.
import { type Breaker, breakerTable, type Clock, createBreaker, isJsonObject, type Json } from "../../base/index.ts";
import type { LongProgram } from "../../exec/index.ts";
import type { PluginAnswer, PluginCall, PluginsPort } from "../ports.ts";
import type { Effect } from "../tool.ts";
import { type Connection, createConnection, lastWords, type Reply } from "./connection.ts";
import type { PluginTool } from "./manifest.ts";
import type { ApprovedPlugin } from "./tools.ts";

/** "read-only" without network; "workspace" writes the project, without network; "network" is the workspace with network. */
export type PluginSurround = "read-only" | "workspace" | "network";
export interface Launched {
  readonly program: LongProgram;
  /** Nothing of it runs any more. */
  end(): void;
}
export interface PluginHostSettings {
  readonly plugins: readonly ApprovedPlugin[];
  readonly root: string;
  readonly cwd: string;
  readonly clock: Clock;
  /** Begins its program; as text: why not. */
  launch(plugin: ApprovedPlugin, surround: PluginSurround): Launched | string;
  /** Why the copy is not what was approved; null when it is. */
  whyChanged(plugin: ApprovedPlugin): string | null;
  /** Milliseconds until it must have answered that it is there. */
  readonly initializeTimeout?: number;
  /** A plugin is left alone from now on. */
  onOpened?(breaker: Breaker, says: string): void;
}
export interface PluginHost extends PluginsPort {
  close(): Promise<void>;
}

const { failures: starts, coolDownMilliseconds: startsWithin } = breakerTable.plugin;
const leftAlone = `ended ${starts} times within ${startsWithin / 60_000} minutes and is left alone for as long`;
const usualInitializeTimeout = 10_000;
const mostTextBytes = 256 * 1024;
const mostParts = 64;

interface Begun {
  readonly connection: Connection;
  readonly launched: Launched;
}
type Start = Promise<Begun | string>;

export function surroundOf(effect: Effect): PluginSurround {
  switch (effect) {
    case "none":
    case "read":
      return "read-only";
    case "write":
    case "execute":
      return "workspace";
    case "network":
    case "agent":
      return "network";
  }
}

export function createPluginHost(settings: PluginHostSettings): PluginHost {
  const open = new Map<string, Start>();
  /** Calls under way, by the process they go to. */
  const users = new Map<string, number>();
  const breakers = new Map<string, { readonly breaker: Breaker; last: number }>();
  let isClosed = false;
  const breakerOf = (id: string) => {
    const known = breakers.get(id) ?? {
      breaker: createBreaker({ name: `plugin ${id}`, failures: starts, coolDownMilliseconds: startsWithin }, settings.clock),
      last: Number.NEGATIVE_INFINITY,
    };
    breakers.set(id, known);
    return known;
  };
  const failed = (id: string): void => {
    const known = breakerOf(id);
    const now = settings.clock.monotonic();
    if (known.breaker.state() === "closed" && now - known.last > startsWithin) known.breaker.reset();
    known.last = now;
    if (known.breaker.failed()) settings.onOpened?.(known.breaker, `The plugin ${id} ${leftAlone}.`);
  };
  const connectionOf = (plugin: ApprovedPlugin, surround: PluginSurround): Start => {
    const { id } = plugin.manifest;
    const key = `${id} ${surround}`;
    const known = open.get(key);
    if (known !== undefined) return known;
    const { breaker } = breakerOf(id);
    if (!breaker.admits()) {
      breaker.turnedAway();
      return Promise.resolve(`it ${leftAlone}; bosun plugins show ${id} tells what it is`);
    }
    const forget = (ran: boolean) => {
      // else it was ended on purpose
      if (open.get(key) !== begun) return;
      open.delete(key);
      if (ran && !isClosed) failed(id);
    };
    const begun = begin(settings, plugin, surround, forget);
    open.set(key, begun);
    return begun;
  };
  return {
    async call(request) {
      const plugin = settings.plugins.find(({ manifest }) => manifest.id === request.plugin);
      const tool = plugin?.manifest.tools.find(({ fullName }) => fullName === request.tool);
      if (plugin === undefined || tool === undefined || isClosed) return notBegun("it is not part of this session");
      const surround = surroundOf(tool.effect);
      const start = connectionOf(plugin, surround);
      const key = `${request.plugin} ${surround}`;
      users.set(key, (users.get(key) ?? 0) + 1);
      const begun = await orAborted(start, request.signal);
      const answer = typeof begun === "string" ? notBegun(begun) : await ask(begun.connection, tool, request);
      const others = (users.get(key) ?? 1) - 1;
      users.set(key, others);
      if (others === 0 && surround !== "read-only" && open.get(key) === start) {
        open.delete(key);
        await endOf(await start, "no call of it was left");
      }
      return answer;
    },
    async close() {
      isClosed = true;
      await Promise.all([...open.values()].map(async (start) => endOf(await start, "the session ended")));
      open.clear();
    },
  };
}

const notBegun = (says: string): PluginAnswer => ({ ended: "not-begun", says });

async function endOf(begun: Begun | string, why: string): Promise<void> {
  if (typeof begun === "string") return;
  await begun.connection.close(why);
  begun.launched.end();
}

function orAborted(start: Start, signal: AbortSignal): Start {
  if (signal.aborted) return Promise.resolve("it was interrupted");
  return new Promise((resolve) => {
    const onAbort = () => resolve("it was interrupted before the plugin was there");
    signal.addEventListener("abort", onAbort, { once: true });
    void start.then((begun) => {
      signal.removeEventListener("abort", onAbort);
      resolve(begun);
    });
  });
}

/** `onEnd` is called once, however it ends; `ran`: a process was begun. */
async function begin(settings: PluginHostSettings, plugin: ApprovedPlugin, surround: PluginSurround, onEnd: (ran: boolean) => void): Start {
  // not within the call that asks for it
  await Promise.resolve();
  const changed = settings.whyChanged(plugin);
  const launched = changed ?? settings.launch(plugin, surround);
  if (typeof launched === "string") {
    onEnd(false);
    return launched;
  }
  const { program } = launched;
  const connection = createConnection(program);
  void connection.over.then(() => onEnd(true));
  void program.ended.then(() => launched.end());
  const { root, cwd, initializeTimeout = usualInitializeTimeout } = settings;
  const terms = { timeout: initializeTimeout, signal: new AbortController().signal };
  const reply = await connection.request("initialize", { protocol: 1, root, cwd, sandbox: surround }, terms);
  const why = whyNotThere(reply);
  if (why === null) return { connection, launched };
  const words = reply.is === "lost" ? "" : lastWords(program);
  await connection.close("it could not be begun");
  return `it could not be begun: ${why}${words}`;
}

function whyNotThere(reply: Reply): string | null {
  if (reply.is === "lost") return reply.says;
  if (reply.is === "error") return `it answered with an error: ${reply.message.slice(0, 300)}`;
  const { name, version } = isJsonObject(reply.value) ? reply.value : {};
  return typeof name === "string" && typeof version === "string" ? null : "its answer to initialize holds no name and version";
}

async function ask(connection: Connection, tool: PluginTool, { input, key, signal, onProgress }: PluginCall): Promise<PluginAnswer> {
  const terms = { timeout: tool.timeout, signal, onProgress };
  const reply = await connection.request("tool/call", { name: tool.name, input, key }, terms);
  if (reply.is === "lost") return { ended: "lost", says: reply.says };
  if (reply.is === "error") return { ended: "answered", text: cut(reply.message), failed: true };
  const answer = readAnswer(reply.value);
  if (answer !== null) return answer;
  const says = 'it gave an answer that is not { parts: [{ type: "text", text }], failed? }';
  await connection.close(says);
  return { ended: "lost", says };
}

function readAnswer(value: Json): PluginAnswer | null {
  if (!isJsonObject(value)) return null;
  const { parts, failed = false } = value;
  if (!Array.isArray(parts) || parts.length > mostParts || typeof failed !== "boolean") return null;
  const texts: string[] = [];
  for (const part of parts as readonly Json[]) {
    if (!isJsonObject(part) || part["type"] !== "text" || typeof part["text"] !== "string") return null;
    texts.push(part["text"]);
  }
  return { ended: "answered", text: cut(texts.join("\n")), failed };
}

function cut(text: string): string {
  const bytes = Buffer.from(text.toWellFormed());
  if (bytes.length <= mostTextBytes) return bytes.toString();
  const kept = bytes
    .subarray(0, mostTextBytes)
    .toString()
    .replace(/\uFFFD$/, "");
  return `${kept}\n[${bytes.length - mostTextBytes} more bytes of this answer were left out: at most ${mostTextBytes / 1024} kB are kept. Ask for less.]`;
}
