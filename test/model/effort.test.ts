// Effort and the life of the cache, as each wire says them; and not a byte where a request has none.
import { describe, expect, test } from "vitest";
import { anthropicBody } from "../../src/model/adapters/anthropic-body.ts";
import { effortFor } from "../../src/model/effort.ts";
import { type Effort, findModel, listCatalogue, type Message, resolveModel } from "../../src/model/index.ts";
import { startModelServer } from "../../src/testing/index.ts";
import { callId, collect, request, user } from "./support.ts";

const efforts: readonly Effort[] = ["minimal", "low", "medium", "high"];
const said = (effort: Effort, way: "adaptive" | "budget", over = {}) => {
  const body = JSON.parse(anthropicBody(request({ effort, maxOutput: 64_000, ...over }), "anthropic", way));
  return { thinking: body.thinking, output_config: body.output_config };
};

test("a level that a model lacks becomes the next above it", () => {
  const sol = findModel("openai", "gpt-6.2-sol");
  expect(efforts.map((effort) => effortFor(sol, effort))).toEqual(["low", "low", "medium", "high"]);
  expect(efforts.map((effort) => effortFor(undefined, effort))).toEqual(efforts);
  expect(effortFor(sol, undefined)).toBeUndefined();
});

describe("at Anthropic", () => {
  test("a model that adapts is told the level", () => {
    expect(said("minimal", "adaptive")).toEqual({ thinking: { type: "adaptive" }, output_config: { effort: "low" } });
    expect(said("high", "adaptive")).toEqual({ thinking: { type: "adaptive" }, output_config: { effort: "high" } });
  });

  test("a model with a budget gets one that fits below its output", () => {
    expect(efforts.map((effort) => said(effort, "budget").thinking?.budget_tokens)).toEqual([undefined, 4_096, 12_288, 32_768]);
    expect(said("high", "budget", { maxOutput: 8_000 }).thinking).toEqual({ type: "enabled", budget_tokens: 6_976 });
    expect(said("high", "budget", { maxOutput: 2_000 })).toEqual({});
  });

  test("a budget waits while calls are answered whose reasoning is not there", () => {
    const made = (parts: object[], model = "claude-test"): Message[] => [
      user("a"),
      {
        role: "assistant",
        provider: "anthropic",
        model,
        finish: "tool-calls",
        parts: [...parts, { type: "call", call: { id: callId("c"), tool: "read", input: {} } }] as never,
      },
      { role: "tool", call: callId("c"), tool: "read", parts: [], failed: false },
    ];
    const signed = { type: "thinking", text: "t", signature: "s" };
    const asked = (messages: Message[]) => said("low", "budget", { messages }).thinking !== undefined;
    expect(asked(made([signed]))).toBe(true);
    expect(asked(made([{ type: "redacted-thinking", data: "d" }]))).toBe(true);
    expect(asked(made([]))).toBe(false);
    expect(asked(made([signed], "claude-other"))).toBe(false);
    expect(asked([...made([]), user("next")])).toBe(true);
    expect(said("low", "adaptive", { messages: made([]) }).thinking).toBeDefined();
  });

  test("every breakpoint has the life that is asked for", () => {
    const marked = { cacheTools: true, system: [{ text: "s", cache: true }], cacheAfter: [0] };
    const body = (over = {}) => anthropicBody(request({ ...marked, ...over }), "anthropic");
    expect(body({ cacheLife: "1h" }).match(/"cache_control":\{"type":"ephemeral","ttl":"1h"\}/g)).toHaveLength(3);
    expect(body({ cacheLife: "5m" })).toBe(body());
    expect(body({ cacheLife: "1h" }).replaceAll(',"ttl":"1h"', "")).toBe(body());
  });

  test("what is absent is not a byte", () => {
    const plain = anthropicBody(request(), "anthropic");
    for (const way of ["adaptive", "budget", undefined] as const) expect(anthropicBody(request(), "anthropic", way)).toBe(plain);
    expect(anthropicBody(request({ effort: "high", cacheKey: "k" }), "anthropic")).toBe(plain);
  });
});

test.each(listCatalogue().map((row) => [`${row.provider}/${row.id}`]))(
  "%s takes every level, with a long cache life, by the rules of its vendor",
  async (model) => {
    const server = await startModelServer({ script: { name: "effort", turns: [{ repeat: "always", reply: [{ text: "ok" }] }] } });
    const environment = { ANTHROPIC_BASE_URL: server.url, OPENAI_BASE_URL: server.openaiUrl, GOOGLE_GEMINI_BASE_URL: server.url };
    const found = await resolveModel({ model, environment, providers: { openai: { wire: "responses" } } });
    if (!found.ok) throw found.error;
    const over = { model: found.value.model, maxOutput: 8_000, cacheTools: true, cacheAfter: [0], cacheLife: "1h" as const };
    for (const effort of efforts) {
      const { finish } = await collect(found.value.provider.stream(request({ ...over, effort }), new AbortController().signal));
      expect(finish.failure).toBeUndefined();
    }
    const sent = server.requests.at(-1)?.json;
    const config = sent?.generationConfig as { thinkingConfig?: object } | undefined;
    expect(sent?.thinking ?? sent?.reasoning ?? config?.thinkingConfig).toBeDefined();
    await server.close();
  },
);
