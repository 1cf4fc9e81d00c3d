// What OpenAI's Chat Completions refuses with 400, as far as its reference and the errors that people quote in public say.
import type { JsonObject } from "../../base/index.ts";
import { asList, asObject, asText, type Refusal } from "./wire.ts";

const knownKeys = new Set(
  "model messages audio frequency_penalty function_call functions logit_bias logprobs max_completion_tokens max_tokens metadata modalities n parallel_tool_calls prediction presence_penalty prompt_cache_key prompt_cache_retention reasoning_effort response_format safety_identifier seed service_tier stop store stream stream_options temperature tool_choice tools top_logprobs top_p user verbosity web_search_options".split(
    " ",
  ),
);
const roles = ["system", "assistant", "user", "function", "tool", "developer"];

type Rule = (body: JsonObject) => Refusal | undefined;

export function checkOpenaiChat(body: JsonObject): Refusal | undefined {
  for (const rule of [checkTop, checkMessages, checkPairs, checkTools] satisfies Rule[]) {
    const refusal = rule(body);
    if (refusal) return refusal;
  }
  return undefined;
}

const refuse = (message: string, parameter?: string, code?: string): Refusal => ({
  status: 400,
  type: "invalid_request_error",
  message,
  ...(parameter === undefined ? {} : { parameter }),
  ...(code === undefined ? {} : { code }),
});

function checkTop(body: JsonObject): Refusal | undefined {
  const unknown = Object.keys(body).find((key) => !knownKeys.has(key));
  if (unknown !== undefined) return refuse(`Unrecognized request argument supplied: ${unknown}`);
  if (typeof body.model !== "string" || body.model === "") return refuse("you must provide a model parameter");
  if (body.messages === undefined) return refuse("Missing required parameter: 'messages'.", "messages", "missing_required_parameter");
  if (!Array.isArray(body.messages)) return refuse("Invalid type for 'messages': expected an array of objects.", "messages", "invalid_type");
  if (body.messages.length === 0)
    return refuse("Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.", "messages", "empty_array");
  for (const key of ["max_tokens", "max_completion_tokens"]) {
    const value = body[key];
    if (value === undefined || value === null) continue;
    if (!Number.isInteger(value)) return refuse(`Invalid type for '${key}': expected an integer.`, key, "invalid_type");
    if (Number(value) < 1)
      return refuse(`Invalid '${key}': integer below minimum value. Expected a value >= 1, but got ${String(value)} instead.`, key, "integer_below_min_value");
  }
  if (body.stream_options && body.stream !== true) return refuse("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options");
  return undefined;
}

function checkMessages(body: JsonObject): Refusal | undefined {
  for (const [index, message] of asList(body.messages).map(asObject).entries()) {
    const role = asText(message.role);
    if (!roles.includes(role))
      return refuse(
        `Invalid value: '${role}'. Supported values are: ${roles.map((one) => `'${one}'`).join(", ")}.`,
        `messages[${index}].role`,
        "invalid_value",
      );
    const refusal = checkContent(message, role, index) ?? checkCalls(message, role, index);
    if (refusal) return refusal;
  }
  return undefined;
}

function checkContent(message: JsonObject, role: string, index: number): Refusal | undefined {
  const { content } = message;
  const mayMiss = role === "assistant" && (asList(message.tool_calls).length > 0 || typeof message.refusal === "string");
  if (content === undefined || content === null)
    return mayMiss ? undefined : refuse("Invalid value for 'content': expected a string, got null.", `messages.[${index}].content`);
  if (typeof content === "string") return undefined;
  if (!Array.isArray(content))
    return refuse(`Invalid type for 'messages[${index}].content': expected one of a string or array of objects.`, `messages[${index}].content`, "invalid_type");
  const allowed = role === "user" ? ["text", "image_url", "input_audio", "file"] : role === "assistant" ? ["text", "refusal"] : ["text"];
  const wrong = content.findIndex((part) => !allowed.includes(asText(asObject(part).type)));
  if (wrong < 0) return undefined;
  const parameter = `messages[${index}].content[${wrong}].type`;
  return refuse(
    `Invalid value: '${asText(asObject(content[wrong]).type)}'. Supported values are: ${allowed.map((one) => `'${one}'`).join(", ")}.`,
    parameter,
    "invalid_value",
  );
}

const longestId = 40;

function checkCalls(message: JsonObject, role: string, index: number): Refusal | undefined {
  const missing = (key: string): Refusal =>
    refuse(`Missing required parameter: 'messages[${index}].${key}'.`, `messages[${index}].${key}`, "missing_required_parameter");
  if (role === "tool" && typeof message.tool_call_id !== "string") return missing("tool_call_id");
  if (message.tool_calls === undefined) return undefined;
  if (role !== "assistant") return refuse(`Unknown parameter: 'messages[${index}].tool_calls'.`, `messages[${index}].tool_calls`, "unknown_parameter");
  if (!Array.isArray(message.tool_calls) || message.tool_calls.length === 0)
    return refuse(
      `Invalid 'messages[${index}].tool_calls': empty array. Expected an array with minimum length 1, but got an empty array instead.`,
      `messages[${index}].tool_calls`,
      "empty_array",
    );
  for (const [position, value] of message.tool_calls.entries()) {
    const call = asObject(value);
    const path = `tool_calls[${position}]`;
    if (typeof call.id !== "string" || call.id === "") return missing(`${path}.id`);
    if (call.id.length > longestId)
      return refuse(
        `Invalid 'messages[${index}].${path}.id': string too long. Expected a string with maximum length ${longestId}, but got a string with length ${call.id.length} instead.`,
        `messages[${index}].${path}.id`,
        "string_above_max_length",
      );
    if (call.type !== "function") return missing(`${path}.type`);
    const called = asObject(call.function);
    if (typeof called.name !== "string" || called.name === "") return missing(`${path}.function.name`);
    if (typeof called.arguments !== "string")
      return refuse(
        `Invalid type for 'messages[${index}].${path}.function.arguments': expected a string.`,
        `messages[${index}].${path}.function.arguments`,
        "invalid_type",
      );
  }
  return undefined;
}

// The messages right after an assistant's calls must be their results, one each; a result may stand nowhere else.
function checkPairs(body: JsonObject): Refusal | undefined {
  let open: string[] = [];
  const seen = new Set<string>();
  for (const [index, message] of asList(body.messages).map(asObject).entries()) {
    if (message.role === "tool") {
      const id = asText(message.tool_call_id);
      if (!open.includes(id))
        return refuse("Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.", `messages.[${index}].role`);
      open = open.filter((one) => one !== id);
      continue;
    }
    if (open.length > 0) return unanswered(open, index);
    open = asList(message.tool_calls).map((call) => asText(asObject(call).id));
    const twice = open.find((id, position) => seen.has(id) || open.indexOf(id) !== position);
    if (twice !== undefined) return refuse(`Duplicate value for 'tool_call_id' of '${twice}' in message[${index}].`, `messages[${index}].tool_calls`);
    for (const id of open) seen.add(id);
  }
  return open.length > 0 ? unanswered(open, asList(body.messages).length) : undefined;
}

const unanswered = (ids: readonly string[], index: number): Refusal =>
  refuse(
    `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${ids.join(", ")}`,
    `messages.[${index}].role`,
  );

function checkTools(body: JsonObject): Refusal | undefined {
  const { tools } = body;
  if (tools === undefined || tools === null)
    return body.tool_choice === undefined
      ? undefined
      : refuse("Invalid value for 'tool_choice': 'tool_choice' is only allowed when 'tools' are specified.", "tool_choice");
  if (!Array.isArray(tools)) return refuse("Invalid type for 'tools': expected an array of objects.", "tools", "invalid_type");
  if (tools.length === 0)
    return refuse("Invalid 'tools': empty array. Expected an array with minimum length 1, but got an empty array instead.", "tools", "empty_array");
  for (const [index, value] of tools.entries()) {
    const tool = asObject(value);
    if (tool.type !== "function")
      return refuse(`Invalid value: '${asText(tool.type)}'. Supported values are: 'function' and 'custom'.`, `tools[${index}].type`, "invalid_value");
    const declared = asObject(tool.function);
    const name = asText(declared.name);
    const path = `tools[${index}].function`;
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name))
      return refuse(
        `Invalid '${path}.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`,
        `${path}.name`,
        "invalid_value",
      );
    if (declared.parameters === undefined) continue; // no parameters: an empty object
    const type = asObject(declared.parameters).type;
    if (type !== "object")
      return refuse(
        `Invalid schema for function '${name}': schema must be a JSON Schema of 'type: "object"', got 'type: "${String(type ?? "None")}"'.`,
        `${path}.parameters`,
        "invalid_function_parameters",
      );
  }
  return undefined;
}
