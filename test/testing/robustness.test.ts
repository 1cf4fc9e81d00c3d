// Sound requests with one or two places replaced by something else: the server must answer or refuse, never fail itself.
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Json, JsonObject } from "../../src/base/index.ts";
import { type ModelServer, startModelServer } from "../../src/testing/index.ts";
import { anthropic, gemini, openai, type RawAnswer, responses } from "./support.ts";

const mark = { cache_control: { type: "ephemeral", ttl: "1h" } };
const anthropicBody: JsonObject = {
  model: "claude-opus-5",
  stream: true,
  system: [{ type: "text", text: "s", ...mark }],
  tools: [{ name: "read", description: "d", input_schema: { type: "object", properties: {} }, ...mark }],
  tool_choice: { type: "auto" },
  thinking: { type: "enabled", budget_tokens: 1024 },
  max_tokens: 5000,
  messages: [
    { role: "user", content: "hello" },
    {
      role: "assistant",
      content: [
        { type: "thinking", thinking: "t", signature: "s" },
        { type: "redacted_thinking", data: "d" },
        { type: "tool_use", id: "t1", name: "read", input: { path: "a" } },
      ],
    },
    {
      role: "user",
      content: [
        { type: "tool_result", tool_use_id: "t1", content: [{ type: "text", text: "r", ...mark }], is_error: true },
        { type: "image", source: { type: "url", url: "u" } },
      ],
    },
  ],
};
const openaiBody: JsonObject = {
  stream: true,
  stream_options: { include_usage: true },
  tools: [{ type: "function", function: { name: "read", description: "d", parameters: { type: "object" } } }],
  tool_choice: "auto",
  max_completion_tokens: 10,
  messages: [
    { role: "system", content: "s" },
    {
      role: "user",
      content: [
        { type: "text", text: "hello" },
        { type: "image_url", image_url: { url: "u" } },
      ],
    },
    { role: "assistant", content: null, tool_calls: [{ id: "c1", type: "function", function: { name: "read", arguments: "{}" } }] },
    { role: "tool", tool_call_id: "c1", content: "r" },
  ],
};

const responsesBody: JsonObject = {
  model: "gpt-6-sol",
  stream: true,
  store: false,
  include: ["reasoning.encrypted_content"],
  reasoning: { effort: "low" },
  prompt_cache_options: { mode: "explicit", ttl: "30m" },
  max_output_tokens: 100,
  instructions: "s",
  tools: [{ type: "function", name: "read", description: "d", parameters: { type: "object" }, strict: false }],
  tool_choice: "auto",
  input: [
    { type: "message", role: "developer", content: [{ type: "input_text", text: "s", prompt_cache_breakpoint: { mode: "explicit" } }] },
    { role: "user", content: [{ type: "input_image", image_url: "data:image/png;base64,aGk=" }] },
    { type: "reasoning", id: "rs_1", summary: [{ type: "summary_text", text: "t" }], encrypted_content: "opaque" },
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "b" }] },
    { type: "function_call", call_id: "c1", name: "read", arguments: "{}" },
    { type: "function_call_output", call_id: "c1", output: [{ type: "input_text", text: "r" }] },
  ],
};

const geminiBody: JsonObject = {
  stream: true,
  systemInstruction: { parts: [{ text: "s" }] },
  tools: [{ functionDeclarations: [{ name: "read", description: "d", parametersJsonSchema: { type: "object", properties: { a: { type: "string" } } } }] }],
  toolConfig: { functionCallingConfig: { mode: "AUTO" } },
  generationConfig: { maxOutputTokens: 100, thinkingConfig: { thinkingLevel: "low", includeThoughts: true } },
  contents: [
    { role: "user", parts: [{ text: "hello" }, { inlineData: { mimeType: "image/png", data: "aGk=" } }] },
    { role: "model", parts: [{ text: "b" }, { functionCall: { id: "c1", name: "read", args: {} }, thoughtSignature: "skip_thought_signature_validator" }] },
    {
      role: "user",
      parts: [{ functionResponse: { id: "c1", name: "read", response: { output: "r" }, parts: [{ inlineData: { mimeType: "image/png", data: "aGk=" } }] } }],
    },
  ],
};

type Path = readonly (string | number)[];
function pathsOf(value: Json, path: Path = []): Path[] {
  const inner = value !== null && typeof value === "object" ? Object.entries(value).flatMap(([key, one]) => pathsOf(one as Json, [...path, key])) : [];
  return path.length === 0 ? inner : [path, ...inner];
}
function replaced(value: Json, path: Path, by: Json | undefined): Json {
  const [key, ...rest] = path;
  if (key === undefined || value === null || typeof value !== "object") return by ?? null;
  const copy = (Array.isArray(value) ? [...(value as readonly Json[])] : { ...value }) as Record<string | number, Json>;
  if (rest.length > 0) copy[key] = replaced(copy[key] ?? null, rest, by);
  else if (by === undefined) delete copy[key];
  else copy[key] = by;
  return (Array.isArray(value) ? Object.values(copy) : copy) as Json;
}
// undefined: the place is removed.
const other = fc.oneof(
  fc.constantFrom<Json | undefined>(undefined, null, true, 0, -1, 1.5, "", "x", [], {}, [null], [[]], [{}], { type: "text" }, { type: "text", text: "t" }),
  fc.jsonValue() as fc.Arbitrary<Json>,
);

it.each<[string, JsonObject, (server: ModelServer, body: JsonObject) => Promise<RawAnswer>]>([
  ["anthropic", anthropicBody, anthropic],
  ["openai", openaiBody, openai],
  ["responses", responsesBody, responses],
  ["gemini", geminiBody, gemini],
])("whatever comes by %s", async (_name, sound, ask) => {
  const server = await startModelServer({
    script: { name: "any", turns: [{ repeat: "always", reply: [{ thinking: "t", signature: "opaque" }, { text: "ok" }] }] },
  });
  const change = fc.tuple(fc.constantFrom(...pathsOf(sound)), other);
  const counts = { 200: 0, 400: 0 };
  try {
    await fc.assert(
      fc.asyncProperty(fc.array(change, { maxLength: 2 }), async (changes) => {
        const body = changes.reduce<Json>((value, [path, by]) => replaced(value, path, by), sound);
        const answer = await ask(server, body as JsonObject);
        // 404: an item that is not kept (Responses).
        if (answer.status !== 200 && answer.status !== 400 && answer.status !== 404) throw new Error(answer.text);
        expect(answer.broken).toBe(false);
        counts[answer.status === 200 ? 200 : 400] += 1;
      }),
      { numRuns: 500 },
    );
  } finally {
    await server.close();
  }
  expect(counts[200]).toBeGreaterThan(50);
  expect(counts[400]).toBeGreaterThan(50);
});
