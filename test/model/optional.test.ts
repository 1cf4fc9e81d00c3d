// Models behind packages that the user installs. The packages here are stand-ins with the shape that the AI SDK gives its
// providers; the real ones were not run.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { callsOf, type Message, resolveModel } from "../../src/model/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { collect, request, user } from "./support.ts";

interface Call {
  readonly name: string;
  readonly prompt: readonly { readonly role: string; readonly content: unknown; readonly providerOptions?: object }[];
  readonly [key: string]: unknown;
}
interface StandIn {
  readonly importPackage: (name: string) => Promise<unknown>;
  /** What the package was asked; `answer` is what its model streams, or throws. */
  readonly calls: Call[];
  answer: readonly object[] | (() => unknown);
  /** Its stream stays open after the answer. */
  open?: boolean;
}

const source = (factory: string, version: string) => `
export const state = { calls: [], answer: [] };
export const ${factory} = (settings) => (name) => ({
  specificationVersion: "${version}", provider: "stand-in", modelId: name, supportedUrls: {},
  async doStream(options) {
    state.calls.push({ name, settings, ...options });
    const answer = typeof state.answer === "function" ? await state.answer(options) : state.answer;
    return { stream: new ReadableStream({ start(c) { for (const part of answer) c.enqueue(part); if (!state.open) c.close(); } }) };
  },
});
`;

/** A folder with a package in its node_modules, and an import that starts there. */
async function installed(name: string, text: string): Promise<StandIn> {
  const folder = mkdtempSync(join(tmpdir(), "optional-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const own = join(folder, "node_modules", name);
  mkdirSync(own, { recursive: true });
  writeFileSync(join(own, "package.json"), JSON.stringify({ name, version: "5.0.0", type: "module", exports: { ".": { import: "./index.js" } } }));
  writeFileSync(join(own, "index.js"), text);
  const from = join(folder, "from.mjs");
  writeFileSync(from, "export const load = async (name) => import(import.meta.resolve(name));");
  const { load } = (await import(/* @vite-ignore */ pathToFileURL(from).href)) as { load: (name: string) => Promise<{ state: StandIn }> };
  const state = (await load(name).catch(() => undefined))?.state;
  return Object.assign(state ?? { calls: [], answer: [] }, { importPackage: load });
}
const bedrock = () => installed("@ai-sdk/amazon-bedrock", source("createAmazonBedrock", "v4"));
const vertex = () => installed("@ai-sdk/google-vertex", source("createVertex", "v4"));

const usage = {
  inputTokens: { total: 100, noCache: 30, cacheRead: 50, cacheWrite: 20 },
  outputTokens: { total: 12, text: 7, reasoning: 5 },
};
const finish = (unified: string) => ({ type: "finish", finishReason: { unified, raw: unified }, usage });
const call = (id: string, input: string, providerMetadata?: object) => [
  { type: "tool-input-start", id, toolName: "read" },
  { type: "tool-input-delta", id, delta: input },
  { type: "tool-input-end", id },
  { type: "tool-call", toolCallId: id, toolName: "read", input, ...(providerMetadata ? { providerMetadata } : {}) },
];

async function resolved(model: string, standIn: StandIn, over: object = {}) {
  const found = await resolveModel({ model, environment: {}, importPackage: standIn.importPackage, ...over });
  if (!found.ok) throw found.error;
  const { provider } = found.value;
  const run = (over: Parameters<typeof request>[0] = {}, signal = new AbortController().signal) =>
    collect(provider.stream(request({ model: found.value.model, ...over }), signal));
  return { ...found.value, run };
}

describe("a package that is installed", () => {
  test("answers: texts, thoughts, calls, usage", async () => {
    const standIn = await bedrock();
    const { run, reference, price } = await resolved("bedrock/anthropic.claude-sonnet-5-v1:0", standIn);
    expect(reference).toBe("bedrock/anthropic.claude-sonnet-5-v1:0");
    expect(price(1)).toBeUndefined();
    standIn.answer = [
      { type: "stream-start", warnings: [] },
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "hm" },
      { type: "reasoning-delta", id: "0", delta: "", providerMetadata: { bedrock: { signature: "c2ln" } } },
      { type: "reasoning-end", id: "0" },
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: "Hello" },
      { type: "text-end", id: "1" },
      ...call("t1", '{"path":"a"}'),
      ...call("t2", "{oops"),
      finish("tool-calls"),
    ];
    const { finish: ended, parts } = await run({ effort: "low" });
    expect(ended.failure).toBeUndefined();
    expect(ended.message).toMatchObject({ provider: "bedrock", finish: "tool-calls" });
    expect(ended.message.parts).toMatchObject([
      { type: "thinking", text: "hm", signature: 'thought {"bedrock":{"signature":"c2ln"}}' },
      { type: "text", text: "Hello" },
      { type: "call", call: { id: "t1", input: { path: "a" } } },
      { type: "rejected-call", id: "t2" },
    ]);
    expect(parts.map((part) => part.type)).toContain("tool-matched");
    expect(ended.usage).toEqual({ input: 30, output: 12, cacheRead: 50, cacheWrite: 20, reasoning: 5 });
    expect(ended.usageFinal).toBe(true);
    const sent = standIn.calls[0];
    expect(sent).toMatchObject({ name: "anthropic.claude-sonnet-5-v1:0", maxOutputTokens: 1_000, reasoning: "low", settings: {} });
    expect(sent?.tools).toMatchObject([{ type: "function", name: "read", inputSchema: { type: "object" } }]);
  });

  test("gets back what it attached, on the same parts and for the same model alone; cache points where it knows them", async () => {
    const standIn = await bedrock();
    const { run, model } = await resolved("bedrock/m", standIn);
    standIn.answer = [
      { type: "reasoning-start", id: "0" },
      { type: "reasoning-delta", id: "0", delta: "hm" },
      { type: "reasoning-end", id: "0", providerMetadata: { bedrock: { signature: "c2ln" } } },
      ...call("t1", "{}"),
      finish("tool-calls"),
    ];
    const first = await run();
    const results = callsOf(first.finish.message).map(
      (made): Message => ({
        role: "tool",
        call: made.id,
        tool: made.tool,
        parts: [
          { type: "text", text: "r" },
          { type: "image", mediaType: "image/png", data: "aGk=" },
        ],
        failed: false,
      }),
    );
    const messages = [user("go"), first.finish.message, ...results];
    await run({ messages, system: [{ text: "s", cache: true }], cacheAfter: [2] });
    const point = { bedrock: { cachePoint: { type: "default" } } };
    expect(standIn.calls[1]?.prompt).toEqual([
      { role: "system", content: "s", providerOptions: point },
      { role: "user", content: [{ type: "text", text: "go" }] },
      {
        role: "assistant",
        content: [
          { type: "reasoning", text: "hm", providerOptions: { bedrock: { signature: "c2ln" } } },
          { type: "tool-call", toolCallId: "t1", toolName: "read", input: {} },
        ],
      },
      {
        role: "tool",
        content: [
          {
            type: "tool-result",
            toolCallId: "t1",
            toolName: "read",
            output: {
              type: "content",
              value: [
                { type: "text", text: "r" },
                { type: "file", mediaType: "image/png", data: { type: "data", data: "aGk=" } },
              ],
            },
          },
        ],
        providerOptions: point,
      },
    ]);
    const { finish: other } = await run({ model: `${model}-2`, messages });
    expect(JSON.stringify(standIn.calls[2]?.prompt)).not.toContain("c2ln");
    const broken: Message = { ...first.finish.message, parts: first.finish.message.parts.slice(0, 1) };
    await run({ messages: [user("go"), broken, user("on")] });
    expect(standIn.calls[3]?.prompt.map((message) => message.role)).toEqual(["system", "user", "user"]);
    expect(other.wire?.droppedReasoning).toBe("1");
  });

  test("Vertex: a signature on a text or a call goes back on it", async () => {
    const standIn = await vertex();
    const { run } = await resolved("vertex/gemini-4-argon", standIn);
    const [one, two] = [{ google: { thoughtSignature: "dDE=" } }, { google: { thoughtSignature: "dDI=" } }];
    standIn.answer = [
      { type: "text-start", id: "1" },
      { type: "text-delta", id: "1", delta: "Hello" },
      { type: "text-end", id: "1", providerMetadata: one },
      ...call("a", '{"path":"a"}', two),
      ...call("b", "{}", { google: {} }),
      finish("tool-calls"),
    ];
    const first = await run();
    expect(callsOf(first.finish.message)).toHaveLength(2);
    await run({ messages: [user("go"), first.finish.message] });
    expect(standIn.calls[1]?.prompt[2]?.content).toEqual([
      { type: "text", text: "Hello", providerOptions: one },
      { type: "tool-call", toolCallId: "a", toolName: "read", input: { path: "a" }, providerOptions: two },
      { type: "tool-call", toolCallId: "b", toolName: "read", input: {} },
    ]);
  });

  test("what goes wrong in it is a finish of the right class", async () => {
    const standIn = await bedrock();
    const { run } = await resolved("bedrock/m", standIn);
    const failing = (over: object) => () => {
      throw Object.assign(new Error("said so"), over);
    };
    const classOf = async (answer: StandIn["answer"]) => {
      standIn.answer = answer;
      const { finish: ended } = await run();
      expect(callsOf(ended.message)).toEqual([]);
      return ended.failure;
    };
    const throttled = { name: "AI_APICallError", statusCode: 429, responseHeaders: { "retry-after": "3" }, responseBody: '{"message":"Too many tokens"}' };
    expect(await classOf(failing(throttled))).toMatchObject({ class: "rate-limited", retryAfter: 3_000, message: expect.stringContaining("Too many tokens") });
    expect((await classOf(failing({ ...throttled, statusCode: 403 })))?.class).toBe("authentication");
    expect((await classOf(failing({ name: "AI_LoadAPIKeyError" })))?.class).toBe("authentication");
    expect((await classOf(failing({ name: "AI_TypeValidationError" })))?.class).toBe("malformed");
    expect((await classOf(failing({ cause: { code: "ECONNREFUSED" } })))?.class).toBe("network");
    expect((await classOf([...call("a", "{}")]))?.class).toBe("network"); // an end without a finish
    expect((await classOf([...call("a", "{}"), finish("error")]))?.class).toBe("network");
  });

  test("an abort is an abort, also in a package that does not heed it; silence is a stall", async () => {
    const standIn = await bedrock();
    const clock = createManualClock();
    const { run } = await resolved("bedrock/m", standIn, { clock, limits: { firstByteMilliseconds: 5_000 } });
    const never = () => new Promise<object[]>(() => {});
    standIn.answer = never;
    const controller = new AbortController();
    const running = run({}, controller.signal);
    await expect.poll(() => standIn.calls.length).toBe(1);
    controller.abort();
    expect((await running).finish.message.finish).toBe("aborted");
    expect(standIn.calls[0]?.abortSignal).toMatchObject({ aborted: true });
    const silent = run();
    await expect.poll(() => standIn.calls.length).toBe(2);
    await clock.advance(5_001);
    expect((await silent).finish.failure).toMatchObject({ class: "network", message: "Amazon Bedrock sent nothing for 5 s." });
    standIn.answer = [
      { type: "text-start", id: "0" },
      { type: "text-delta", id: "0", delta: "Hello" },
    ];
    standIn.open = true;
    const halted = run();
    await expect.poll(() => standIn.calls.length).toBe(3);
    await expect.poll(() => clock.sleepers).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await clock.advance(120_001);
    const { finish: half } = await halted;
    expect(half).toMatchObject({ failure: { class: "network", message: "Amazon Bedrock sent nothing for 120 s." }, message: { parts: [{ text: "Hello" }] } });
    expect(clock.sleepers).toBe(0);
  });

  test("a stream that stays open after the end does not hold the reply", async () => {
    const standIn = await bedrock();
    const { run } = await resolved("bedrock/m", standIn);
    Object.assign(standIn, { open: true, answer: [...call("a", "{}"), finish("tool-calls")] });
    const { finish: ended } = await run();
    expect(ended.failure).toBeUndefined();
    expect(callsOf(ended.message)).toHaveLength(1);
  });
});

describe("a package that is not", () => {
  const refused = async (model: string, importPackage?: StandIn["importPackage"]) => {
    const found = await resolveModel({ model, environment: {}, ...(importPackage ? { importPackage } : {}) });
    if (found.ok) throw new Error("resolved");
    return found.error.message;
  };

  test("is named with the one command", async () => {
    const empty = await installed("another", "");
    expect(await refused("bedrock/m", empty.importPackage)).toMatch(
      /@ai-sdk\/amazon-bedrock, which is not installed.*`npm install --global @ai-sdk\/amazon-bedrock@5`/,
    );
    expect(await refused("vertex/m", empty.importPackage)).toMatch(/`npm install --global @ai-sdk\/google-vertex@5`/);
  });

  test("is looked for beside bosun when nothing else is said", () => {
    const index = fileURLToPath(new URL("../../src/model/index.ts", import.meta.url));
    const script = `const { resolveModel } = await import(${JSON.stringify(pathToFileURL(index).href)});
      const found = await resolveModel({ model: "bedrock/m", environment: {} });
      console.log(found.ok ? "resolved" : found.error.message);`;
    expect(execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" })).toContain("not installed beside bosun");
  });

  test("of another version, broken, or without a model's name is told as such", async () => {
    const old = await installed("@ai-sdk/amazon-bedrock", source("createAmazonBedrock", "v3"));
    expect(await refused("bedrock/m", old.importPackage)).toContain("not a version that bosun knows (v3)");
    const strange = await installed("@ai-sdk/google-vertex", source("createOther", "v4"));
    expect(await refused("vertex/m", strange.importPackage)).toContain("no createVertex or createGoogleVertex");
    const broken = await installed("@ai-sdk/google-vertex", `import "google-auth-library-that-is-missing";`);
    expect(await refused("vertex/m", broken.importPackage)).toContain("cannot be loaded");
    const unset = await installed("@ai-sdk/google-vertex", `export const createVertex = () => () => { throw new Error("project is missing"); };`);
    expect(await refused("vertex/m", unset.importPackage)).toMatch(/project is missing.*Set what Google Vertex AI needs/);
    expect(await refused("bedrock")).toContain("bedrock/NAME");
  });

  test("is not loaded for other models", async () => {
    const importPackage = () => Promise.reject(new Error("loaded"));
    expect((await resolveModel({ model: "gemini-4-argon", environment: { GOOGLE_API_KEY: "k" }, importPackage })).ok).toBe(true);
  });
});
