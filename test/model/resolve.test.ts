import { describe, expect, onTestFinished, test } from "vitest";
import {
  createHttpClient,
  findModel,
  type HttpClient,
  type LocalPlace,
  listCatalogue,
  listModels,
  localPrice,
  type ModelRequest,
  nearNames,
  priceOf,
  type ResolveOptions,
  resolveModel,
  withoutDate,
} from "../../src/model/index.ts";
import { chunk, collect, done, end, events, request, start, startServer, streams, textBlock } from "./support.ts";

const nowhere: readonly LocalPlace[] = [{ name: "Nothing", baseUrl: "http://127.0.0.1:9/v1" }];
const resolve = async (over: Partial<ResolveOptions>) => {
  const outcome = await resolveModel({ environment: {}, places: nowhere, ...over });
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
};
const refuse = async (over: Partial<ResolveOptions>) => {
  const outcome = await resolveModel({ environment: {}, places: nowhere, ...over });
  if (outcome.ok) throw new Error(`resolved to ${outcome.value.reference}`);
  return outcome.error;
};
const models = (...ids: string[]) => JSON.stringify({ object: "list", data: ids.map((id) => ({ id, object: "model" })) });
const localServer = (...ids: string[]) =>
  startServer((response, incoming) => {
    if (incoming.url === "/v1/models") response.end(models(...ids));
    else response.writeHead(200, { "content-type": "text/event-stream" }).end(events(chunk({ content: "x" }, "stop")) + done);
  });

describe("without a model named", () => {
  test("the key that is set decides; Anthropic's comes first", async () => {
    const keys = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o" };
    expect((await resolve({ environment: keys })).reference).toBe("anthropic/claude-sonnet-5-5");
    const openai = await resolve({ environment: { OPENAI_API_KEY: "o" } });
    expect(openai).toMatchObject({ reference: "openai/gpt-6-sol", baseUrl: "https://api.openai.com/v1" });
    expect(openai.row?.chatTools).toBe("without-reasoning");
    const gemini = await resolve({ environment: { GOOGLE_API_KEY: "g" } });
    expect(gemini).toMatchObject({ reference: "gemini/gemini-4-argon", baseUrl: "https://generativelanguage.googleapis.com/v1beta" });
    expect((await resolve({ environment: { GOOGLE_API_KEY: "g", OPENAI_API_KEY: "o" } })).reference).toBe("openai/gpt-6-sol");
  });

  test("Gemini: either key, the first one first; a base URL with its version or without", async () => {
    const server = await startServer((response) => response.writeHead(400).end("{}"));
    for (const [environment, key] of [
      [{ GEMINI_API_KEY: "one", GOOGLE_API_KEY: "two", GOOGLE_GEMINI_BASE_URL: server.url }, "one"],
      [{ GEMINI_API_KEY: " ", GOOGLE_API_KEY: "two", GOOGLE_GEMINI_BASE_URL: `${server.url}/v1beta/` }, "two"],
      [{ GOOGLE_GEMINI_BASE_URL: `${server.url}/v1beta` }, undefined],
    ] as const) {
      const { provider, model } = await resolve({ environment, model: "gemini-3.8-flash" });
      await collect(provider.stream(request({ model }), new AbortController().signal));
      expect(server.seen.at(-1)?.path).toBe("/v1beta/models/gemini-3.8-flash:streamGenerateContent?alt=sse");
      expect(server.seen.at(-1)?.headers["x-goog-api-key"]).toBe(key);
    }
    expect((await refuse({ model: "gemini" })).message).toContain("Set GEMINI_API_KEY, or point GOOGLE_GEMINI_BASE_URL at a server.");
  });

  test("settings name a model, and the key's variable", async () => {
    const settings = { model: "openai/gpt-6-luna", providers: { openai: { keyName: "MY_KEY" } } };
    expect((await resolve({ ...settings, environment: { MY_KEY: "k", ANTHROPIC_API_KEY: "a" } })).reference).toBe("openai/gpt-6-luna");
    expect((await refuse({ ...settings, environment: { OPENAI_API_KEY: "k" } })).message).toContain("Set MY_KEY");
  });

  test("a base URL on this machine needs no key", async () => {
    const server = await startServer(streams(events(start(), ...textBlock(0, "x"), ...end("end_turn"))));
    for (const base of [server.url, `${server.url}/`, `${server.url}/v1`, `${server.url}/v1/`]) {
      const { provider, model, row } = await resolve({ environment: { ANTHROPIC_BASE_URL: base } });
      const { finish } = await collect(provider.stream(request({ model }), new AbortController().signal));
      expect(finish.failure).toBeUndefined();
      expect(server.seen.at(-1)?.path).toBe("/v1/messages");
      expect(row?.id).toBe("claude-sonnet-5-5");
    }
  });

  test("a local server is found, with its first model, and costs nothing", async () => {
    const server = await localServer("qwen3-coder:30b", "other");
    const found = await resolve({ places: [...nowhere, { name: "Ollama", baseUrl: `${server.url}/v1` }] });
    expect(found).toMatchObject({ reference: "local/qwen3-coder:30b", baseUrl: `${server.url}/v1`, row: undefined });
    expect(found.price(1e6)).toEqual(localPrice);
    const { finish } = await collect(found.provider.stream(request({ model: found.model }), new AbortController().signal));
    expect(finish.message.provider).toBe("local");
    expect(server.seen.at(-1)?.headers.authorization).toBeUndefined();
  });

  test("a server that hangs, or is none of models, is passed over in time", async () => {
    const hangs = await startServer(() => {});
    const page = await startServer((response) => response.end("<html>"));
    const began = performance.now();
    const error = await refuse({ places: [hangs, page].map(({ url }) => ({ name: "x", baseUrl: `${url}/v1` })) });
    expect(performance.now() - began).toBeLessThan(600);
    expect(error.code).toBe("model-missing");
    await expect.poll(() => hangs.connections().open).toBe(0);
  });

  test("nothing at all names the three ways on", async () => {
    const error = await refuse({});
    expect(error.code).toBe("model-missing");
    for (const way of ["ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY", "local server", "bosun demo"]) expect(error.message).toContain(way);
  });

  test("a local server without a model says what it lacks", async () => {
    const server = await localServer();
    const error = await refuse({ places: [{ name: "Ollama", baseUrl: `${server.url}/v1` }] });
    expect(error).toMatchObject({ code: "model-missing", message: expect.stringContaining("holds no model") });
  });
});

describe("a model named", () => {
  const environment = { ANTHROPIC_API_KEY: "a", OPENAI_API_KEY: "o", GEMINI_API_KEY: "g" };
  test.each([
    ["gemini", "gemini/gemini-4-argon"],
    ["argon", "gemini/gemini-4-argon"],
    ["gemini-9-xenon", "gemini/gemini-9-xenon"],
    ["anthropic/claude-opus-5-5", "anthropic/claude-opus-5-5"],
    ["claude-opus-5-5", "anthropic/claude-opus-5-5"],
    ["opus", "anthropic/claude-opus-5-5"],
    ["anthropic", "anthropic/claude-sonnet-5-5"],
    ["anthropic/claude-haiku-4-5-20251001", "anthropic/claude-haiku-4-5-20251001"],
    ["anthropic/claude-next-9", "anthropic/claude-next-9"],
    ["gpt-6-sol", "openai/gpt-6-sol"],
    ["openai/gpt-7", "openai/gpt-7"],
  ])("%s is %s", async (model, reference) => {
    expect((await resolve({ model, environment })).reference).toBe(reference);
  });

  test("that nobody knows is refused with near names", async () => {
    expect(await refuse({ model: "sonet", environment })).toMatchObject({ code: "model-unknown", message: expect.stringContaining("anthropic/claude-sonnet") });
    expect(await refuse({ model: "anthropic/cloude-opus-5-5", environment })).toMatchObject({
      code: "model-unknown",
      message: expect.stringContaining("anthropic/claude-opus-5-5"),
    });
    expect((await refuse({ model: "azure/gpt-6-sol", environment })).message).toContain("openai/gpt-6-sol");
  });

  test("at an address of one's own may have any name; its price is unknown, or 0 on this machine", async () => {
    const remote = await resolve({ model: "openai/my/model", environment: { OPENAI_API_KEY: "k", OPENAI_BASE_URL: "https://gateway.example/v1/" } });
    expect(remote).toMatchObject({ model: "my/model", baseUrl: "https://gateway.example/v1", row: undefined });
    expect(remote.price(1)).toBeUndefined();
    const near = await resolve({ model: "openai/mine", environment: { OPENAI_BASE_URL: "http://localhost:4000/v1" } });
    expect(near.price(1)).toEqual(localPrice);
  });

  test("without its key is refused with the variable's name; without the address too", async () => {
    expect(await refuse({ model: "anthropic/claude-opus-5-5" })).toMatchObject({ code: "key-missing", message: expect.stringContaining("ANTHROPIC_API_KEY") });
    expect(await refuse({ model: "openai/gpt-6-sol", environment: { OPENAI_BASE_URL: "https://gateway.example/v1" } })).toMatchObject({ code: "key-missing" });
    expect(await refuse({ model: "openai/x", environment: { OPENAI_BASE_URL: "gateway" } })).toMatchObject({ code: "usage" });
  });

  test("local/name is the server that has it", async () => {
    const [one, two] = [await localServer("a"), await localServer("qwen3:latest", "org/model")];
    const places = [one, two].map(({ url }, index) => ({ name: `S${index}`, baseUrl: `${url}/v1` }));
    expect(await resolve({ model: "local/qwen3", places })).toMatchObject({ model: "qwen3:latest", baseUrl: `${two.url}/v1` });
    expect((await resolve({ model: "local/org/model", places })).model).toBe("org/model");
    expect(await refuse({ model: "local/qwen2", places })).toMatchObject({ code: "model-unknown", message: expect.stringContaining("local/qwen3:latest") });
    expect(await refuse({ model: "local/x" })).toMatchObject({ code: "model-missing", message: expect.stringContaining('"x"') });
    const set = await resolve({ model: "local/any", providers: { local: { baseUrl: one.url } } });
    expect(set).toMatchObject({ model: "any", baseUrl: `${one.url}/v1` });
    expect(one.seen).toHaveLength(3); // asked by the three look-ups before; a named address is not asked
  });

  test("local/name at an address elsewhere is not free: its price is unknown", async () => {
    const priceAt = async (baseUrl: string) => (await resolve({ model: "local/any", providers: { local: { baseUrl } } })).price(1);
    for (const host of ["localhost.evil.example", "127.0.0.1.evil.example", "evil.example", "localhost@evil.example", "0.0.0.0.example", "10.0.0.7"])
      expect(await priceAt(`http://${host}/v1`), host).toBeUndefined();
    for (const host of ["localhost:1", "127.1:1", "[::1]:1", "box.localhost:1"]) expect(await priceAt(`http://${host}/v1`), host).toEqual(localPrice);
  });

  test("with a key nothing is sent before the first call", async () => {
    const server = await startServer(() => {});
    await resolve({ model: "anthropic/claude-opus-5-5", environment: { ANTHROPIC_API_KEY: "k", ANTHROPIC_BASE_URL: server.url } });
    expect(server.connections().opened).toBe(0);
  });
});

describe("which of OpenAI's protocols", () => {
  /** What is sent, and where, to the address `send` is pointed at. */
  const sent = async (model: string, over: Partial<ResolveOptions> = {}, asked: Partial<ModelRequest> = {}) => {
    const server = await startServer((response) => response.end());
    const http: HttpClient = createHttpClient({});
    onTestFinished(() => http.close());
    // OpenAI's own address, answered by the server of this test.
    const redirected: HttpClient = { ...http, send: (one) => http.send({ ...one, url: one.url.replace("https://api.openai.com", server.url) }) };
    const found = await resolve({ model, environment: { OPENAI_API_KEY: "k" }, http: redirected, ...over });
    await collect(found.provider.stream(request({ model: found.model, ...asked }), new AbortController().signal));
    const seen = server.seen[0];
    return { path: seen?.path, body: JSON.parse(seen?.body ?? "{}") };
  };

  test.each(["openai/gpt-6-sol", "openai/gpt-6.2-sol", "openai/gpt-7", "openai"])("%s at OpenAI goes over Responses, with its reasoning", async (model) => {
    const { path, body } = await sent(model);
    expect(path).toBe("/v1/responses");
    expect(body).toMatchObject({ store: false, include: ["reasoning.encrypted_content"], prompt_cache_key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(body.reasoning).toBeUndefined();
  });

  test.each(["openai/gpt-4.1", "openai/gpt-5-chat-latest"])("%s is not asked for reasoning that it does not have", async (model) => {
    expect((await sent(model, {}, { effort: "low" })).body).not.toHaveProperty("include");
    expect((await sent(model, {}, { effort: "low" })).body).not.toHaveProperty("reasoning");
  });

  test("a server of one's own is asked over Chat completions, unless the model needs Responses or a setting says so", async () => {
    const server = await startServer((response) => response.end());
    const ask = async (model: string, wire?: "responses" | "chat") => {
      const found = await resolve({ model, environment: { OPENAI_BASE_URL: `${server.url}/v1` }, providers: { openai: wire ? { wire } : {} } });
      await collect(found.provider.stream(request({ model: found.model }), new AbortController().signal));
      return server.seen.at(-1)?.path;
    };
    expect(await ask("openai/mine")).toBe("/v1/chat/completions");
    expect(await ask("openai/gpt-6-sol")).toBe("/v1/chat/completions");
    expect(await ask("openai/gpt-6.1-sol")).toBe("/v1/responses");
    expect(await ask("openai/gpt-6.1-sol", "chat")).toBe("/v1/chat/completions");
    expect(await ask("openai/mine", "responses")).toBe("/v1/responses");
    expect(JSON.parse(server.seen.at(-1)?.body ?? "")).not.toHaveProperty("prompt_cache_key");
  });

  test("effort is said in the levels that the model takes", async () => {
    expect((await sent("openai/gpt-6.2-sol", {}, { effort: "minimal" })).body.reasoning).toEqual({ effort: "low" });
    expect((await sent("openai/gpt-6.2-sol", {}, { effort: "high" })).body.reasoning).toEqual({ effort: "high" });
    const chat = { providers: { openai: { wire: "chat" as const } } };
    expect((await sent("openai/gpt-6.2-sol", chat, { effort: "minimal" })).body.reasoning_effort).toBe("low");
    expect((await sent("openai/gpt-6-sol", chat, { effort: "high" })).body.reasoning_effort).toBe("none"); // it has tools
    expect((await sent("openai/gpt-6-sol", chat, { effort: "high", tools: [] })).body.reasoning_effort).toBe("high");
    expect((await sent("openai/gpt-7", chat, { effort: "high" })).body).not.toHaveProperty("reasoning_effort");
    expect((await sent("openai/gpt-6-sol", chat, { cacheKey: "mine" })).body.prompt_cache_key).toBe("mine");
  });

  test("breakpoints are set where the model takes them", async () => {
    const marked = { cacheAfter: [0] };
    const marks = async (model: string) => JSON.stringify((await sent(model, {}, marked)).body).includes("prompt_cache_breakpoint");
    expect([await marks("openai/gpt-6-sol"), await marks("openai/gpt-5")]).toEqual([true, false]);
  });
});

describe("the catalogue", () => {
  test("has a source and a day in each row, unique names, and prices that make sense", () => {
    const seen = new Set<string>();
    for (const row of listCatalogue()) {
      expect(row.source.length).toBeGreaterThan(10);
      expect(row.asOf).toMatch(/^202\d-\d\d-\d\d$/);
      for (const name of [row.id, ...(row.aliases ?? [])]) {
        expect(seen).not.toContain(name);
        seen.add(name);
      }
      for (const price of [row.price, row.longPrompt?.price]) {
        if (!price) continue;
        expect(price.output).toBeGreaterThan(price.input);
        if (price.cacheRead !== undefined) expect(price.cacheRead).toBeLessThan(price.input);
        if (price.cacheWrite !== undefined) expect(price.cacheWrite).toBeGreaterThanOrEqual(price.input);
        if (price.cacheWriteLong !== undefined) expect(price.cacheWriteLong).toBeGreaterThan(price.cacheWrite ?? 0);
      }
    }
  });

  test("finds by id, alias and dated id, and prices long prompts apart", () => {
    expect(withoutDate("claude-haiku-4-5-20251001")).toBe("claude-haiku-4-5");
    expect(withoutDate("gpt-6-sol-2026-09-22")).toBe("gpt-6-sol");
    expect(findModel("anthropic", "claude-haiku-4-5-20251001")?.id).toBe("claude-haiku-4-5");
    expect(findModel("openai", "claude-haiku-4-5")).toBeUndefined();
    const haiku = findModel("anthropic", "haiku");
    expect(priceOf(haiku, 100_000)?.input).toBe(0.1);
    expect(priceOf(haiku, 100_001)?.input).toBe(0.5);
    expect(priceOf(undefined, 1)).toBeUndefined();
    expect(nearNames("zzzzzz", ["anthropic/claude-opus-5-5"])).toEqual([]);
  });

  test("is listed with what can be used now, and with local models", async () => {
    const server = await localServer("m1");
    const list = await listModels({ environment: { OPENAI_API_KEY: "k" }, places: [{ name: "vLLM", baseUrl: `${server.url}/v1` }] });
    const usable = (reference: string) => list.find((model) => model.reference === reference)?.usable;
    expect(usable("openai/gpt-6-sol")).toBe(true);
    expect(usable("openai/gpt-6.2-sol")).toBe(true);
    expect(usable("anthropic/claude-sonnet-5-5")).toBe(false);
    expect(list.at(-1)).toEqual({ reference: "local/m1", wire: "chat", usable: true, server: "vLLM" });
  });
});
