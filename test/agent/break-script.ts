// One session of a hundred turns and a few beside it, in which every break vector is toggled, one at a time. What was sent
// is compared byte for byte and by the server's bill; what was said of it is compared with what was meant.
import * as fs from "node:fs";
import { dirname } from "node:path";
import { systemClock } from "../../src/base/index.ts";
import { renderPrefix } from "../../src/context/index.ts";
import { createAgent } from "../../src/index.ts";
import { type AssistantMessage, noUsage, type Provider } from "../../src/model/index.ts";
import type { CacheForecast, CacheOutcome, Prefix } from "../../src/session/index.ts";
import type { RecordedRequest, Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "./prefix.ts";
import {
  call,
  done,
  environmentFor,
  eventsOf,
  makePlace,
  makeScene,
  type Place,
  read,
  type Scene,
  type Setting,
  says,
  serve,
  text,
  toolOf,
} from "./support.ts";

/** What a vector's part of the script came to. */
export interface Played {
  /** Requests that do not begin with all of the one before. */
  readonly bytes: readonly string[];
  /** Breaks that were told before sending: segment and vector. */
  readonly told: readonly string[];
  /** Causes in words. */
  readonly causes: readonly string[];
  /** Numbers of requests that did not read what the one before left, by the server's bill. */
  readonly misses: readonly number[];
  readonly verdicts: readonly CacheOutcome["verdict"][];
  /** What else is wrong. */
  readonly wrong: readonly string[];
}

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
let serial = 0;
const usual = (): readonly Turn[] => [{ reply: [text(`Look ${++serial}.`), read(`none-${serial}.txt`)] }, done];
const skill = (name: string): string => `---\nname: ${name}\ndescription: Does ${name} when asked.\n---\nDo it.\n`;
const own = (name: string) => toolOf(name, "read", () => says("ok"));

interface Player {
  readonly place: Place;
  readonly clock: { offset: number };
  readonly wrong: string[];
  readonly asked: string[];
  scene: Scene;
  setting: Setting;
  /** One prompt; its replies are the next ones of the script. */
  go(): Promise<void>;
  /** The same session in a new process, set otherwise. */
  again(changed?: Setting): Promise<void>;
  requests(): readonly RecordedRequest[];
}

interface Part {
  readonly vector: string;
  /** One list for each prompt. */
  readonly replies: readonly (readonly Turn[])[];
  play(player: Player): Promise<void>;
}

const twice = (): readonly (readonly Turn[])[] => [usual(), usual()];

/** Toggled, a prompt, toggled back, a prompt. */
const toggled = (vector: string, on: (player: Player) => Setting, off: (player: Player) => Setting): Part => ({
  vector,
  replies: twice(),
  async play(player) {
    await player.again(on(player));
    await player.go();
    await player.again(off(player));
    await player.go();
  },
});
const write = (place: Place, path: string, content: string | Buffer): void => {
  fs.mkdirSync(dirname(place.file(path)), { recursive: true });
  fs.writeFileSync(place.file(path), content);
};

const parts: readonly Part[] = [
  {
    vector: "order of tools",
    replies: twice(),
    async play(player) {
      await player.again({ tools: [own("zz"), own("aa")] });
      await player.go();
      const { tools } = player.scene.conversation.session.state.prefix as Prefix;
      const sent = (list: Prefix["tools"]) => JSON.stringify(renderPrefix({ core: "", instructions: "", environment: "", tools: list }).tools);
      if (sent(tools) !== sent([...tools].reverse())) player.wrong.push("a head depends on the order in which tools were found");
      await player.again({ tools: [own("aa"), own("zz")] });
      await player.go();
    },
  },
  toggled(
    "a plugin's server comes, goes or changes its tools",
    () => ({ tools: [own("aa"), own("zz"), own("come")] }),
    () => ({ tools: [own("aa"), toolOf("zz", "read", () => says("ok"), { description: "Said otherwise now." })] }),
  ),
  {
    vector: "a tool's description holds live data",
    replies: twice(),
    async play(player) {
      const other = makePlace();
      const server = await serve([done]);
      const scene = await makeScene(other, server, { tools: [own("aa"), own("zz")], clock: clockOf({ offset: 3 * 86_400_000 }), skills: { trusted: true } });
      await scene.run("go");
      const [mine, theirs] = [player.requests()[0], server.requests[0]].map((request) => toolsOf(request));
      const shared = (theirs ?? []).every((tool) => mine?.includes(tool) || tool.includes('"name":"skill"'));
      if (!shared || theirs?.length === 0) player.wrong.push("a tool differs in another folder on another day");
      await player.go();
      await player.go();
    },
  },
  toggled(
    "a rule denies a whole tool",
    () => ({ rules: [{ text: "bash", verdict: "deny", source: "test" }] }),
    () => ({ rules: [] }),
  ),
  {
    vector: "the date",
    replies: twice(),
    async play(player) {
      player.clock.offset += 4 * 60_000; // past midnight
      await player.again();
      await player.go();
      const system = JSON.stringify(player.requests().at(-1)?.json["system"]);
      if (/20\d\d-\d\d-\d\d/.test(system)) player.wrong.push("the system text holds a date");
      await player.go();
    },
  },
  toggled(
    "working folder, git branch, file list",
    ({ place }) => {
      write(place, ".git/HEAD", "ref: refs/heads/other\n");
      return {};
    },
    ({ place }) => {
      write(place, ".git/HEAD", "ref: refs/heads/main\n");
      write(place, "new.txt", "x");
      return {};
    },
  ),
  toggled(
    "AGENTS.md is edited",
    ({ place }) => {
      write(place, "AGENTS.md", "Use blanks.\n");
      return {};
    },
    () => ({}),
  ),
  toggled(
    "the list of skills changes",
    ({ place }) => {
      write(place, ".claude/skills/second/SKILL.md", skill("second"));
      return {};
    },
    ({ place }) => {
      fs.rmSync(place.file(".claude/skills/second"), { recursive: true });
      return {};
    },
  ),
  toggled(
    "permission mode",
    () => ({ mode: "accept-edits" }),
    () => ({ mode: "bypass" }),
  ),
  toggled(
    "plan mode",
    () => ({ mode: "plan" }),
    () => ({ mode: "bypass" }),
  ),
  {
    vector: "another model",
    replies: twice(),
    async play(player) {
      await player.again({ model: "anthropic/claude-opus-5-5" });
      await player.go();
      if (player.asked.splice(0).join() !== "model") player.wrong.push("the person was not asked once, for the model");
      await player.again({ model: "anthropic/claude-sonnet-5-5" });
      await player.go();
      player.asked.length = 0;
    },
  },
  {
    vector: "thinking on, off, or with another budget (Anthropic)",
    replies: [...twice(), usual()],
    async play(player) {
      await player.again({ effort: "low" });
      await player.go();
      await player.go();
      await player.again({ effort: "high" });
      await player.go();
      if (player.asked.splice(0).join() !== "thinking") player.wrong.push("the person was not asked once, for thinking");
    },
  },
  { vector: "effort (OpenAI)", replies: [], play: playOpenai },
  {
    vector: "beta headers",
    replies: twice(),
    async play(player) {
      await player.go();
      await player.go();
      const headers = new Set(player.requests().map((request) => request.headers["anthropic-beta"]));
      if (headers.size !== 1) player.wrong.push("anthropic-beta differs between requests");
    },
  },
  {
    vector: "tool_choice",
    replies: [[{ reply: [text("half a")], finish: "length" }, ...usual()], usual()],
    async play(player) {
      await player.go();
      await player.go();
      if (player.requests().some((request) => "tool_choice" in request.json)) player.wrong.push("tool_choice was sent");
    },
  },
  {
    vector: "the first image (Anthropic)",
    replies: [[{ reply: [read("image.png")] }, done], usual(), [{ reply: [read("other.png")] }, done], usual()],
    async play(player) {
      write(player.place, "image.png", Buffer.from(pixel, "base64"));
      write(player.place, "other.png", Buffer.from(pixel, "base64"));
      for (let at = 0; at < 4; at++) {
        await player.go();
        await player.again();
      }
    },
  },
  {
    vector: "a message rendered again",
    replies: [
      [
        { reply: [call("nothing", { z: 1.0, a: [1e21, -0, "\u2028ü🚢"], 7: null, "": {} }), { call: "bash", rawInput: '{"command": "x', id: "toolu_cut" }] },
        done,
      ],
      usual(),
    ],
    async play(player) {
      await player.go();
      await player.again();
      await player.go();
    },
  },
  {
    vector: "compaction",
    replies: twice(),
    async play(player) {
      const { session } = player.scene.conversation;
      const { state } = session;
      const stand = [{ role: "user" as const, parts: [{ type: "text" as const, text: "What was said before, in short. ".repeat(40) }] }];
      const user = player.scene.journal().findLast((entry) => entry.type === "user");
      await session.append({ type: "compaction", strategy: "by hand", from: 0, to: (user?.seq ?? 1) - 1, stand, receipt: null });
      if (state.compacted !== "by hand") player.wrong.push("the compaction is not known");
      await player.go();
      await player.go();
    },
  },
  {
    vector: "more than 20 blocks in one turn",
    replies: [[{ reply: Array.from({ length: 25 }, (_, at) => read(`many-${at}.txt`)) }, done], usual()],
    async play(player) {
      await player.go();
      await player.go();
    },
  },
  toggled(
    "another head after an upgrade or with other settings",
    () => ({ appendSystemPrompt: "Speak as of version two." }),
    () => ({}),
  ),
  {
    vector: "time without a request",
    replies: twice(),
    async play(player) {
      player.clock.offset += 6 * 60_000;
      await player.go();
      await player.go();
    },
  },
  {
    vector: "tools loaded anew because the person asked for it",
    replies: twice(),
    async play(player) {
      const { session } = player.scene.conversation;
      const prefix = session.state.prefix as Prefix;
      const tools = [...prefix.tools, { name: "zzz", description: "Came.", input: { type: "object" } }];
      await session.append({ type: "prefix", prefix: { ...prefix, tools }, loaded: [] });
      await player.go();
      if (player.asked.splice(0).join() !== "tools") player.wrong.push("the person was not asked once, for the tools");
      await player.go();
    },
  },
  { vector: "key of routing (OpenAI)", replies: [], play: playKeys },
  { vector: "a fork", replies: [usual()], play: playFork },
];

/** Both of its hands: the server's cache goes by the one that is not set. */
const clockOf = (moved: { offset: number }) => ({
  ...systemClock,
  now: () => Date.now() + moved.offset,
  monotonic: () => systemClock.monotonic() + moved.offset,
});
const toolsOf = (request: RecordedRequest | undefined): readonly string[] =>
  ((request?.json["tools"] ?? []) as readonly object[]).map((tool) => JSON.stringify({ ...tool, cache_control: undefined }));

/** A session of its own, since effort breaks nothing elsewhere. */
async function playOpenai(player: Player): Promise<void> {
  const server = await serve([...usual(), ...usual(), ...usual()]);
  let scene = await makeScene(makePlace(), server, { wire: "openai", confirmBreak: async ({ segment }) => player.asked.push(segment) > 0 });
  const told: string[] = [];
  for (const effort of ["low", "low", "high"] as const) {
    scene = await scene.resume({ effort });
    const { events } = await scene.run("go");
    told.push(...eventsOf(events, "context-assembled").flatMap(({ cache }) => cache?.broken?.segment ?? []));
  }
  if (told.join() !== "effort" || player.asked.splice(0).join() !== "effort") player.wrong.push(`effort was not told and asked once: ${told.join()}`);
}

/** OpenAI itself alone is sent a key: what a provider is asked with is looked at. */
async function playKeys(player: Player): Promise<void> {
  const keys: (string | undefined)[] = [];
  const message: AssistantMessage = { role: "assistant", parts: [{ type: "text", text: "yes" }], provider: "openai", model: "m", finish: "end" };
  const provider: Provider = {
    id: "openai",
    async *stream({ cacheKey }) {
      keys.push(cacheKey);
      yield { type: "finish", message, usage: { ...noUsage, input: 2_000, output: 1 }, usageFinal: true };
    },
  };
  let scene = await makeScene(makePlace(), await serve([]), { provider: { provider, model: "m" } });
  await scene.run("go");
  await scene.run("on");
  scene = await scene.resume();
  await scene.run("further");
  if (keys.length !== 3 || new Set(keys).size !== 1 || keys[0] === undefined) player.wrong.push(`keys: ${keys.join()}`);
}

/** The last part: the session it comes from is not gone on with. */
async function playFork({ scene, setting, place, wrong, requests }: Player): Promise<void> {
  const { wire: _wire, ...options } = setting;
  const environment = environmentFor("anthropic", scene.server);
  const agent = await createAgent({ cwd: place.project, home: place.home, mode: "bypass", model: "anthropic/claude-sonnet-5-5", environment, ...options });
  if (!agent.ok) throw agent.error;
  const before = requests().length;
  const forked = await agent.value.fork(scene.conversation.session.id);
  if (!forked.ok) throw forked.error;
  for await (const event of forked.value.send("go on")) {
    if (event.type === "context-assembled" && event.cache?.broken) wrong.push(`the fork breaks ${event.cache.broken.segment}`);
  }
  await forked.value.release();
  if (requests().length !== before + 2) wrong.push("the fork asked no model");
}

/** Everything once, in order. Keyed by the vector's title. `only`: these vectors, for a quick look. */
export async function playVectors(): Promise<{ readonly played: ReadonlyMap<string, Played>; readonly turns: number }> {
  const opening = [usual(), usual()];
  const place = makePlace();
  write(place, ".git/HEAD", "ref: refs/heads/main\n");
  write(place, "AGENTS.md", "Use tabs.\n");
  write(place, ".claude/skills/first/SKILL.md", skill("first"));
  const moved = { offset: 0 };
  const evening = new Date();
  evening.setHours(23, 57, 0, 0);
  moved.offset = evening.getTime() - Date.now();
  const clock = clockOf(moved);
  const server = await serve([...opening, ...parts.flatMap(({ replies }) => replies)].flat(), { clock });
  const asked: string[] = [];
  const first: Setting = { tools: [own("aa"), own("zz")], clock, skills: { trusted: true }, confirmBreak: async ({ segment }) => asked.push(segment) > 0 };
  const forecasts: CacheForecast[] = [];
  const outcomes: CacheOutcome[] = [];
  let wrong: string[] = [];
  const player: Player = {
    place,
    clock: moved,
    get wrong() {
      return wrong;
    },
    asked,
    scene: await makeScene(place, server, first),
    setting: first,
    async go() {
      const { end, events } = await player.scene.run("go on");
      if (end.reason !== "answered") wrong.push(`ended: ${JSON.stringify(end).slice(0, 300)}`);
      forecasts.push(...eventsOf(events, "context-assembled").flatMap(({ cache }) => cache ?? []));
      outcomes.push(...eventsOf(events, "turn-end").flatMap(({ cache }) => cache ?? []));
    },
    async again(changed = {}) {
      player.setting = { ...player.setting, ...changed };
      player.scene = await player.scene.resume(player.setting);
    },
    requests: () => server.requests,
  };
  for (const _ of opening) await player.go();
  const played = new Map<string, Played>();
  for (const { vector, play } of parts) {
    const from = server.requests.length;
    forecasts.length = 0;
    outcomes.length = 0;
    asked.length = 0;
    wrong = [];
    await play(player).catch((error: unknown) => wrong.push(String(error)));
    const broken = forecasts.flatMap((one) => one.broken ?? []);
    played.set(vector, {
      bytes: prefixBreaks(server.requests.slice(Math.max(0, from - 1))),
      told: broken.map(({ segment, vector: number }) => `${segment} ${number}`),
      causes: broken.map(({ cause }) => cause),
      misses: missesFrom(server.requests, from),
      verdicts: outcomes.map(({ verdict }) => verdict),
      wrong,
    });
  }
  return { played, turns: server.requests.length };
}

/** Those that read less than three quarters of what the one before had: tools and system alone are about half of it. */
function missesFrom(requests: readonly RecordedRequest[], from: number): readonly number[] {
  return requests.slice(from).flatMap((request, at) => {
    const before = requests[from + at - 1]?.ledger;
    return before && request.ledger && request.ledger.cacheRead < before.total * 0.75 ? [from + at] : [];
  });
}
