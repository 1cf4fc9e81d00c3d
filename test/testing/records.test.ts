import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { createManualClock, prefixExtends, type RunningServer, serveScript } from "../../src/testing/index.ts";
import { anthropic, errorOf, hello, openai, send, start, user } from "./support.ts";

const any = { name: "any", turns: [{ repeat: "always" as const, reply: [{ text: "ok" }] }] };

describe("a record", () => {
  it("keeps the bytes, the headers without secrets, the times and the ledger", async () => {
    const server = await start(any, { clock: createManualClock(5_000) });
    const body = `{ "model": "m", "max_tokens": 5, "messages": [{"role":"user","content":"Grüße"}] }`;
    await send(server, "/v1/messages?beta=true", body, {
      "anthropic-version": "1",
      "x-api-key": "sk-secret",
      "authorization": "Bearer sk-secret",
      "anthropic-beta": "b",
    });
    const [record] = server.requests;
    expect(Buffer.from(record?.body ?? []).toString()).toBe(body);
    expect(record).toMatchObject({
      index: 0,
      method: "POST",
      path: "/v1/messages?beta=true",
      wire: "anthropic",
      arrivedAt: 5_000,
      bytes: Buffer.byteLength(body),
      status: 200,
    });
    expect(record?.headers).toMatchObject({ "x-api-key": "(present)", "authorization": "(present)", "anthropic-beta": "b" });
    expect(record?.answered).toBeGreaterThan(record?.arrived ?? Number.POSITIVE_INFINITY);
    expect(record?.json.messages).toEqual([{ role: "user", content: "Grüße" }]);
  });

  it("says how much repeats the request before, by segment, in bytes and tokens", async () => {
    const server = await start(any);
    const system = [{ type: "text", text: "Be short." }];
    const tools = [{ name: "read", input_schema: { type: "object" } }];
    const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value));
    await anthropic(server, { tools, system, messages: [user("one")] });
    await anthropic(server, { tools, system, messages: [user("one"), { role: "assistant", content: "ok" }, user("two")] });
    await anthropic(server, { tools, system: [{ type: "text", text: "Be long." }], messages: [user("one")] });
    const [first, second, third] = server.requests.map((request) => request.common);
    expect(first).toMatchObject({ bytes: 0, tokens: 0 });
    expect(first).not.toHaveProperty("breaksIn");
    expect(second?.tools).toEqual({
      bytes: bytes(tools[0]),
      tokens: Math.ceil(bytes(tools[0]) / 4),
      ofBytes: bytes(tools[0]),
      ofTokens: Math.ceil(bytes(tools[0]) / 4),
    });
    expect(second?.system.bytes).toBe(bytes(system[0]));
    expect(second?.messages.bytes).toBe("user:".length + bytes({ type: "text", text: "one" }));
    expect(second?.bytes).toBe((second?.tools.bytes ?? 0) + (second?.system.bytes ?? 0) + (second?.messages.bytes ?? 0));
    expect(second).not.toHaveProperty("breaksIn");
    expect(third).toMatchObject({
      breaksIn: "system",
      system: { bytes: '{"type":"text","text":"Be '.length },
      bytes: bytes(tools[0]) + '{"type":"text","text":"Be '.length,
    });
  });

  it("lets go of old bodies when it is told to keep only some", async () => {
    const server = await start(any, { keepBodies: 2 });
    for (let round = 0; round < 4; round++) await openai(server, hello);
    expect(server.requests.map((request) => request.body.length > 0)).toEqual([false, false, true, true]);
    expect(server.requests.every((request) => request.bytes > 0)).toBe(true);
  });
});

describe("prefixExtends", () => {
  const base: JsonObject = {
    model: "m",
    system: [{ type: "text", text: "s" }],
    tools: [
      { name: "a", input_schema: {} },
      { name: "b", input_schema: {} },
    ],
    messages: [user("one"), { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "r" }] }] }],
  };
  const mark = { cache_control: { type: "ephemeral" } };

  it("is true when messages are added and markers move", () => {
    const next = {
      ...base,
      system: [{ type: "text", text: "s", ...mark }],
      tools: [
        { name: "a", input_schema: {} },
        { name: "b", input_schema: {}, ...mark },
      ],
      messages: [
        user("one"),
        { role: "user", content: [{ type: "tool_result", tool_use_id: "t", content: [{ type: "text", text: "r", ...mark }], ...mark }] },
        user("two"),
      ],
    };
    expect(prefixExtends(base, next)).toEqual({ extends: true, added: 1 });
    expect(prefixExtends(next, base)).toMatchObject({ extends: false, segment: "messages", path: "messages[2]", after: "" });
  });

  it.each<[string, JsonObject, object]>([
    ["the model", { model: "n" }, { segment: "model", path: "model" }],
    [
      "the order of tools",
      {
        tools: [
          { name: "b", input_schema: {} },
          { name: "a", input_schema: {} },
        ],
      },
      { segment: "tools", path: "tools[0]" },
    ],
    ["a tool more", { tools: [...(base.tools as JsonObject[]), { name: "c" }] }, { segment: "tools", path: "tools[2]", before: "" }],
    [
      "the order of keys",
      {
        tools: [
          { input_schema: {}, name: "a" },
          { name: "b", input_schema: {} },
        ],
      },
      { segment: "tools", path: "tools[0]" },
    ],
    ["a system block less", { system: [] }, { segment: "system", path: "system[0]", after: "" }],
    ["a letter in a message", { messages: [user("One")] }, { segment: "messages", path: "messages[0]" }],
    ["a list for a string", { messages: [{ role: "user", content: [{ type: "text", text: "one" }] }] }, { segment: "messages", path: "messages[0]" }],
    [
      "a marker inside a call's input",
      { messages: [user("one"), { role: "assistant", content: [{ type: "tool_use", input: mark }] }] },
      { path: "messages[1]" },
    ],
  ])("names the first difference: %s", (_name, changed, where) => {
    const result = prefixExtends(base, { ...base, ...changed });
    expect(result).toMatchObject({ extends: false, ...where });
    if (!result.extends) expect(result.says).toContain(result.path);
  });

  it("does not take a tool input's own key for a marker", () => {
    const call = (input: JsonObject): JsonObject => ({ messages: [{ role: "assistant", content: [{ type: "tool_use", id: "t", name: "n", input }] }] });
    expect(prefixExtends(call(mark), call({}))).toMatchObject({ extends: false });
  });
});

describe("serveScript", () => {
  const folder = async (): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), "bosun-script-"));
    onTestFinished(() => rm(path, { recursive: true }));
    return path;
  };
  const serve = async (path: string, port?: number): Promise<RunningServer> => {
    const server = await serveScript(path, port === undefined ? {} : { port });
    if (!server.ok) throw server.error;
    onTestFinished(() => server.value.close());
    return server.value;
  };

  it("runs a script from a file, on the port it is given", async () => {
    const path = join(await folder(), "script.json");
    await writeFile(path, `\uFEFF${JSON.stringify(any)}`);
    const free = await serve(path);
    expect((await anthropic(free, hello)).status).toBe(200);
    expect([free.script.name, free.url, free.openaiUrl]).toEqual(["any", `http://127.0.0.1:${free.port}`, `http://127.0.0.1:${free.port}/v1`]);
    const taken = await serveScript(path, { port: free.port });
    expect(taken).toMatchObject({
      ok: false,
      error: { code: "usage", message: expect.stringContaining(`Port ${free.port} is taken. Choose another with --port`) as string },
    });
    await free.close();
    expect((await serve(path, free.port)).port).toBe(free.port);
  });

  it("says what is wrong with the file", async () => {
    const path = join(await folder(), "script.json");
    expect(await serveScript(path)).toMatchObject({
      ok: false,
      error: { code: "script-malformed", message: expect.stringContaining(`There is no file ${path}`) as string },
    });
    await writeFile(path, '{"name":"x","turn":[]}');
    const wrong = await serveScript(path);
    expect(wrong.ok ? "" : wrong.error.message).toContain(`${path} is no model script:\n  $: unknown key "turn"; did you mean "turns"?`);
  });
});

it("survives a client that leaves while it sends its request", async () => {
  const server = await start(any);
  const { connect } = await import("node:net");
  await new Promise<void>((resolve) => {
    const socket = connect(server.port, "127.0.0.1", () => {
      socket.write("POST /v1/messages HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{");
      setTimeout(() => socket.destroy(), 30);
    });
    socket.on("close", () => resolve());
  });
  while (server.requests[0]?.outcome === "pending") await new Promise((resolve) => setTimeout(resolve, 1));
  expect(server.requests[0]?.outcome).toBe("client-gone");
  expect(errorOf(await openai(server, { messages: [] })).message).toContain("empty array");
});
