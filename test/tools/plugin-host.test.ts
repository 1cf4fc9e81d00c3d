// Plugins as processes: what they may reach, and what becomes of a call when they misbehave.
import * as fs from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Breaker, Json } from "../../src/base/index.ts";
import type { ConversationParts } from "../../src/compose/parts.ts";
import { createPlugins, pluginsOf } from "../../src/compose/plugins.ts";
import { groupAlive, nodeMachine } from "../../src/exec/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import type { PluginAnswer } from "../../src/tools/index.ts";
import { needs } from "../support/needs.ts";
import { makeOdd, manifestOf, type Odd } from "./plugin-support.ts";

interface Called {
  readonly opened: readonly Breaker[];
  call(tool: string, input: Json, signal?: AbortSignal): Promise<PluginAnswer>;
  readonly notices: string[];
  readonly progress: string[];
  close(): Promise<void>;
}

async function begin(odd: Odd, environment: Readonly<Record<string, string>> = {}, more: Partial<ConversationParts> = {}): Promise<Called> {
  const plugins = await pluginsOf(odd.home);
  const notices: string[] = [];
  const progress: string[] = [];
  const parts = {
    ...{ session: { id: "s_1" }, sessionsFolder: join(odd.home, "sessions"), options: {} },
    ...{ plugins, root: odd.project, cwd: odd.project, home: odd.home, machine: nodeMachine, clock: createManualClock() },
    environment: { PATH: process.env["PATH"], ...environment },
    ...more,
  } as unknown as ConversationParts;
  const opened: Breaker[] = [];
  const host = createPlugins(
    parts,
    (_code, says) => notices.push(says),
    (breaker) => opened.push(breaker),
  );
  if (host === undefined) throw new Error("no plugin");
  onTestFinished(() => host.close());
  return {
    notices,
    opened,
    progress,
    close: () => host.close(),
    call: (tool, input, signal = new AbortController().signal) =>
      host.call({ plugin: "odd", tool: `odd__${tool}`, input, key: "k1", signal, onProgress: (text) => progress.push(text) }),
  };
}

async function ready(environment: Readonly<Record<string, string>> = {}, manifest: object = manifestOf()): Promise<Called & { readonly odd: Odd }> {
  const odd = makeOdd(manifest);
  odd.add();
  return { odd, ...(await begin(odd, environment)) };
}
const saidBy = (answer: PluginAnswer): string => (answer.ended === "answered" ? answer.text : answer.says);

describe("a plugin's process", () => {
  test("is given its input, its key and no more of the environment than what was named", async () => {
    const { call, odd } = await ready({ SECRET_KEY: "hidden", WANTED: "yes" }, manifestOf({ environment: ["WANTED"] }));
    const answer = await call("look", { act: "echo" });
    const seen = JSON.parse(saidBy(answer)) as { input: Json; key: string; environment: string[]; cwd: string };
    expect(seen).toMatchObject({ input: { act: "echo" }, key: "k1" });
    expect(seen.environment).toContain("WANTED");
    expect(seen.environment).not.toContain("SECRET_KEY");
    expect(seen.environment.filter((name) => /KEY|TOKEN|ANTHROPIC/.test(name))).toEqual([]);
    expect(seen.cwd.startsWith(join(odd.home, "plugins/odd"))).toBe(true);
  });

  test("says that it failed in both ways, tells progress, and can ask for nothing", async () => {
    const { call, progress } = await ready();
    expect(await call("look", { act: "fail" })).toEqual({ ended: "answered", text: "it can't be done", failed: true });
    expect(await call("look", { act: "error" })).toEqual({ ended: "answered", text: "no such thing", failed: true });
    expect(await call("look", { act: "progress" })).toMatchObject({ text: "whole", failed: false });
    expect(progress).toEqual(["half"]);
    expect(await call("look", { act: "asks" })).toMatchObject({ text: "asked" });
    const large = await call("look", { act: "large" });
    expect(saidBy(large)).toMatch(/^é+\n\[137856 more bytes of this answer were left out: at most 256 kB are kept/);
  });

  test.each([
    ["crash", /ended by itself \(exit code 3\).*It last said: out of luck/s],
    ["garbage", /printed what is no message: "Listening on port 80"/],
    ["binary", /printed what is no message/],
    ["wrongId", /answered what it was not asked/],
    ["both", /neither or both of result and error/],
    ["shape", /an answer that is not \{ parts/],
    ["oldRpc", /not JSON-RPC 2.0/],
    ["long", /a message of more than 1 MB/],
    ["flood", /flooded/],
  ])("that does %s loses all its calls", async (act, says) => {
    const { call } = await ready();
    const [lost, beside] = await Promise.all([call("look", { act }), call("look", { act: "hang" })]);
    expect(lost.ended).toBe("lost");
    expect(saidBy(lost)).toMatch(says);
    expect(beside.ended).toBe("lost");
    if (act === "crash") expect(await call("look", { act: "fail" })).toMatchObject({ ended: "answered" });
  });

  test("that hangs is cancelled and then ended; an interrupted one too", async () => {
    const { call } = await ready();
    await Promise.all([call("quick", { act: "fail" }), call("look", { act: "fail" })]);
    const from = performance.now();
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 50);
    const [hung, interrupted] = await Promise.all([call("quick", { act: "hang" }), call("look", { act: "hang" }, controller.signal)]);
    expect(hung).toEqual({ ended: "lost", says: "it did not answer within 1 s" });
    expect(interrupted).toEqual({ ended: "lost", says: "it was interrupted, and did not answer to that" });
    expect(performance.now() - from).toBeLessThan(4000);
  });

  test("that ends three times is left alone for five minutes, in every sandbox of it", async () => {
    const odd = makeOdd();
    odd.add();
    const clock = createManualClock();
    const { call, opened } = await begin(odd, {}, { clock });
    for (let time = 0; time < 3; time += 1) expect((await call("look", { act: "crash" })).ended).toBe("lost");
    expect(await call("change", { act: "fail" })).toMatchObject({ ended: "not-begun", says: expect.stringContaining("ended 3 times within 5 minutes") });
    expect(opened.map(({ openings, saved }) => ({ openings, saved }))).toEqual([{ openings: 1, saved: { calls: 1, usd: 0 } }]);
    await clock.advance(5 * 60_000);
    expect(await call("look", { act: "fail" })).toMatchObject({ ended: "answered" });
  });

  test("that says nothing, or not who it is, is not called", async () => {
    const nameless = await ready({ PLUGIN_BEHAVIOUR: "nameless" }, manifestOf({ environment: ["PLUGIN_BEHAVIOUR"] }));
    expect(await nameless.call("look", { act: "fail" })).toMatchObject({ ended: "not-begun", says: expect.stringContaining("no name and version") });
    const odd = makeOdd(manifestOf({ command: ["no-such-program"] }));
    odd.add();
    const missing = await begin(odd);
    expect(await missing.call("look", {})).toMatchObject({ ended: "not-begun", says: expect.stringContaining("nor on PATH") });
  });

  test("is not looked for in the project's own folders on PATH", async () => {
    const odd = makeOdd(manifestOf({ command: ["planted"] }));
    odd.add();
    fs.writeFileSync(join(odd.project, "planted"), "#!/bin/sh\ntouch ran\n", { mode: 0o755 });
    const { call } = await begin(odd, { PATH: `${odd.project}:${process.env["PATH"]}` });
    expect(await call("look", { act: "fail" })).toMatchObject({ ended: "not-begun", says: expect.stringContaining("outside of the project") });
  });

  test("does not run when its copy changed after the session began, nor before the first call, nor after the session", async () => {
    const { call, odd, close } = await ready({ PLUGIN_LOG: "" });
    const [sha256 = ""] = fs.readdirSync(join(odd.home, "plugins/odd")).filter((name) => name.length === 64);
    fs.appendFileSync(join(odd.home, "plugins/odd", sha256, "server.mjs"), "\n// and more");
    expect(await call("look", { act: "fail" })).toMatchObject({ ended: "not-begun", says: expect.stringContaining("changed by something else than bosun") });
    await close();
    expect(await call("look", { act: "fail" })).toMatchObject({ ended: "not-begun", says: "it is not part of this session" });
  });

  test("ends with the session, whatever it is busy with", async () => {
    const { call, close } = await ready();
    const hanging = call("look", { act: "hang" });
    const { environment: _, ...seen } = JSON.parse(saidBy(await call("look", { act: "echo" }))) as { environment: string[] };
    expect(seen).toBeDefined();
    await close();
    expect(await hanging).toEqual({ ended: "lost", says: "the session ended" });
  });
});

needs("bwrap").describe("a plugin's sandbox", () => {
  const write = (path: string): Json => ({ act: "write", path });

  test("lets a tool that says it reads write nothing", async () => {
    const { call, odd } = await ready();
    const path = join(odd.project, "made.txt");
    expect(await call("look", write(path))).toMatchObject({ failed: true, text: "refused: EROFS" });
    expect(fs.existsSync(path)).toBe(false);
  });

  test("lets a tool that writes change the project, and nothing else of it, of the home or of the plugin", async () => {
    const { call, odd } = await ready();
    const path = join(odd.project, "made.txt");
    expect(await call("change", write(path))).toMatchObject({ failed: false });
    expect(fs.readFileSync(path, "utf8")).toBe("written by a plugin");
    const [sha256 = ""] = fs.readdirSync(join(odd.home, "plugins/odd")).filter((name) => name.length === 64);
    const elsewhere = [
      join(odd.top, "out.txt"),
      join(odd.home, "plugins.json"),
      join(odd.home, "plugins/odd", sha256, "server.mjs"),
      join(odd.source, "server.mjs"),
    ];
    const before = elsewhere.map((each) => (fs.existsSync(each) ? fs.readFileSync(each, "utf8") : null));
    for (const each of elsewhere) await call("change", write(each));
    expect(elsewhere.map((each) => (fs.existsSync(each) ? fs.readFileSync(each, "utf8") : null))).toEqual(before);
    fs.mkdirSync(join(odd.project, ".vscode"));
    expect(await call("send", write(join(odd.project, ".vscode/tasks.json")))).toMatchObject({ failed: true });
  });

  test("is gone with its call when it may have effects, and what was made for it too", async () => {
    const odd = makeOdd(manifestOf({ environment: ["PLUGIN_LOG"] }));
    odd.add();
    const { call } = await begin(odd, { PLUGIN_LOG: join(odd.project, "starts") });
    for (let time = 0; time < 4; time += 1) expect(await call("change", { act: "fail" })).toMatchObject({ ended: "answered" });
    expect(fs.readdirSync(odd.project)).toEqual(["starts"]);
    expect(fs.readFileSync(join(odd.project, "starts"), "utf8")).toBe("start\n".repeat(4));
    expect(fs.readdirSync(join(odd.home, "sessions/s_1/runs"))).toEqual([]);
  });

  test("has a network only for tools that say so", async () => {
    const { call } = await ready();
    const server = createServer((socket) => socket.end()).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as { port: number };
    for (const tool of ["look", "change"]) expect(await call(tool, { act: "connect", port })).toMatchObject({ failed: true });
    expect(await call("send", { act: "connect", port })).toMatchObject({ text: "connected", failed: false });
  });

  test("that can't be made is said, and the plugin still ends with the session", async () => {
    const odd = makeOdd();
    odd.add();
    const { call, notices, close } = await begin(odd, { PATH: odd.top });
    const pid = Number(saidBy(await call("look", { act: "detach" })));
    expect(groupAlive(pid)).toBe(true);
    expect(notices).toEqual([expect.stringContaining("The plugin odd runs without a sandbox: bubblewrap is not installed")]);
    await close();
    await expect.poll(() => groupAlive(pid)).toBe(false);
  });
});
