import { expect, test } from "vitest";
import { classOfStatus, failureOfEvent, failureOfReply, failureOfThrown, readErrorBody, readRetryAfter } from "../../src/model/failure.ts";

const now = Date.UTC(2026, 10, 22, 12, 0, 0);

test.each([
  "prompt is too long: 213462 tokens > 200000 maximum",
  "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000, decrease input length or `max_tokens` and try again",
  "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens",
  "Your input exceeds the context window of this model. Please adjust your input and try again.",
  "context_length_exceeded",
  "the request exceeds the available context size. try increasing the context size or enable context shift",
  "The decoder prompt (length 40000) is longer than the maximum model length of 32768.",
  "prompt too long; exceeded max context length by 4 tokens",
  "The input length exceeds the context length",
  "Trying to keep the first 6000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens",
  "This endpoint's maximum context length is 163840 tokens.",
  "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).",
  "Please reduce the length of the messages or completion.",
])("an overflow is known by its words: %s", (message) => {
  expect(classOfStatus(400, message)).toBe("context-too-long");
  expect(classOfStatus(500, message)).toBe("context-too-long");
  expect(failureOfEvent({ message, kind: "" }, "x").class).toBe("context-too-long");
});

test.each([
  [413, "", "context-too-long"],
  [403, "", "authentication"],
  [407, "", "authentication"],
  [408, "", "overloaded"],
  [409, "", "overloaded"],
  [429, "Rate limit reached", "rate-limited"],
  [429, "insufficient_quota You exceeded your current quota", "refused"],
  [400, "Your credit balance is too low", "refused"],
  [402, "", "refused"],
  [404, "", "refused"],
  [422, "", "refused"],
  [500, "", "overloaded"],
  [501, "", "refused"],
  [529, "", "overloaded"],
  [307, "", "malformed"],
])("status %i with %j is %s", (status, message, failureClass) => {
  expect(classOfStatus(status, message)).toBe(failureClass);
});

test("error bodies of many shapes are read", () => {
  expect(readErrorBody('{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}')).toEqual({
    message: "Overloaded",
    kind: "overloaded_error",
  });
  expect(readErrorBody('{"error":{"message":"m","type":"t","code":"c"}}')).toEqual({ message: "m", kind: "c t" });
  expect(readErrorBody('{"error":"model \'x\' not found"}').message).toBe("model 'x' not found");
  expect(readErrorBody('{"object":"error","message":"too long","code":400}').message).toBe("too long");
  expect(readErrorBody('{"detail":"Not Found"}').message).toBe("Not Found");
  expect(readErrorBody("<html><title>502 Bad Gateway</title>").message).toBe('an HTML page, "502 Bad Gateway"');
  expect(readErrorBody(" upstream \n").message).toBe("upstream");
  expect(readErrorBody("x".repeat(9_999)).message.length).toBeLessThan(600);
});

test("the wait that a provider asks for is read in all its forms", () => {
  expect(readRetryAfter({ "retry-after": "12" }, now)).toBe(12_000);
  expect(readRetryAfter({ "retry-after": "0.5" }, now)).toBe(500);
  expect(readRetryAfter({ "retry-after": "Sun, 22 Nov 2026 12:00:30 GMT" }, now)).toBe(30_000);
  expect(readRetryAfter({ "retry-after": "Sun, 22 Nov 2026 11:00:00 GMT" }, now)).toBe(0);
  expect(readRetryAfter({ "retry-after-ms": "250", "retry-after": "9" }, now)).toBe(250);
  for (const nonsense of ["soon", "", "-3", "1e999x"]) expect(readRetryAfter({ "retry-after": nonsense }, now)).toBeUndefined();
  expect(readRetryAfter({}, now)).toBeUndefined();
});

test("each message names the place and, where there is one, the next move", () => {
  const failure = failureOfReply({ status: 401, headers: {}, body: '{"error":{"message":"bad key"}}' }, "anthropic (api.anthropic.com)", now);
  expect(failure).toEqual({
    class: "authentication",
    status: 401,
    message: "anthropic (api.anthropic.com) answered 401: bad key. Check the key and what it may use.",
  });
  expect(failureOfReply({ status: 404, headers: {}, body: "" }, "p", now).message).toContain("Check the model's name");
  // OpenAI's Responses says so with 400.
  const unknown = JSON.stringify({ error: { message: "The requested model 'x' does not exist.", type: "invalid_request_error", code: "model_not_found" } });
  expect(failureOfReply({ status: 400, headers: {}, body: unknown }, "p", now)).toMatchObject({
    class: "refused",
    message: expect.stringContaining("Check the model's name"),
  });
});

test("thrown errors are read through their causes", () => {
  const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
  expect(failureOfThrown(new Error("wrapped", { cause: refused }), "p")).toMatchObject({
    class: "network",
    message: expect.stringContaining("start the server"),
  });
  expect(failureOfThrown(Object.assign(new Error("self-signed"), { code: "DEPTH_ZERO_SELF_SIGNED_CERT" }), "p").message).toContain("secure connection");
  expect(failureOfThrown(Object.assign(new Error("Parse Error"), { code: "HPE_INVALID_CONSTANT" }), "p").class).toBe("malformed");
  expect(failureOfThrown("a string", "p")).toEqual({ class: "network", message: "p: a string" });
});
