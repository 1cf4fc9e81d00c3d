// What OpenAI's Responses refuses with 400, as far as its reference and the errors that people quote in public say. Stateless
// use only: nothing of an answer is kept, so what refers to an earlier one is not found.
import type { Json, JsonObject } from "../../base/index.ts";
import { isOwnSignature } from "../compose.ts";
import { encryptedContentOf, encryptedPrefix, hasBreakpoints, itemsOf, typeOf } from "./openai-items.ts";
import { asList, asObject, asText, type Refusal, type Signatures } from "./wire.ts";

const knownKeys = new Set(
  "background context_management conversation include input instructions max_output_tokens max_tool_calls metadata model moderation parallel_tool_calls previous_response_id prompt prompt_cache_key prompt_cache_options prompt_cache_retention reasoning safety_identifier service_tier store stream stream_options temperature text tool_choice tools top_logprobs top_p truncation user".split(
    " ",
  ),
);
const itemTypes = ["message", "function_call", "function_call_output", "reasoning", "item_reference"];
const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

type Rule = (body: JsonObject, known: Signatures) => Refusal | undefined;

export function checkOpenaiResponses(body: JsonObject, known: Signatures): Refusal | undefined {
  for (const rule of [checkTop, checkOptions, checkItems, checkBreakpoints, checkReasoning, checkPairs, checkTools] satisfies Rule[]) {
    const refusal = rule(body, known);
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
const missing = (parameter: string): Refusal => refuse(`Missing required parameter: '${parameter}'.`, parameter, "missing_required_parameter");
const unknownParameter = (parameter: string): Refusal => refuse(`Unknown parameter: '${parameter}'.`, parameter, "unknown_parameter");
const quoted = (words: readonly string[]): string => words.map((word) => `'${word}'`).join(", ");
const invalidValue = (value: Json | undefined, parameter: string, words: readonly string[]): Refusal =>
  refuse(`Invalid value: '${asText(value)}'. Supported values are: ${quoted(words)}.`, parameter, "invalid_value");
const invalidType = (parameter: string, wanted: string): Refusal => refuse(`Invalid type for '${parameter}': expected ${wanted}.`, parameter, "invalid_type");
const notKept = (id: string, parameter: string): Refusal => ({
  ...refuse(
    `Item with id '${id}' not found. Items are not persisted when \`store\` is set to false. Try again with \`store\` set to true, or remove this item from your input.`,
    parameter,
  ),
  status: 404,
});

/** Models before GPT-5 and o1 do not reason. */
const reasons = (model: Json | undefined): boolean => !/^(gpt-[34]|chatgpt)/.test(asText(model));

function checkTop(body: JsonObject): Refusal | undefined {
  const unknown = Object.keys(body).find((key) => !knownKeys.has(key));
  if (unknown !== undefined) return unknownParameter(unknown);
  if (typeof body.model !== "string" || body.model === "") return missing("model");
  if (body.input === undefined || body.input === "") return missing("input");
  if (typeof body.input !== "string" && !Array.isArray(body.input)) return invalidType("input", "one of a string or array of objects");
  if (Array.isArray(body.input) && body.input.length === 0) return missing("input");
  if (body.instructions !== undefined && body.instructions !== null && typeof body.instructions !== "string") return invalidType("instructions", "a string");
  const most = body.max_output_tokens;
  if (most !== undefined && most !== null) {
    if (!Number.isInteger(most)) return invalidType("max_output_tokens", "an integer");
    if (Number(most) < 16)
      return refuse(
        `Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got ${Number(most)} instead.`,
        "max_output_tokens",
        "integer_below_min_value",
      );
  }
  if (typeof body.previous_response_id === "string")
    return refuse(`Previous response with id '${body.previous_response_id}' not found.`, "previous_response_id", "previous_response_not_found");
  return undefined;
}

function checkOptions(body: JsonObject): Refusal | undefined {
  const { include, reasoning, prompt_cache_options: options } = body;
  const effort = asObject(reasoning).effort;
  if (include !== undefined && include !== null && !Array.isArray(include)) return invalidType("include", "an array of strings");
  if (asList(include).includes("reasoning.encrypted_content") && !reasons(body.model))
    return refuse("Encrypted content is not supported with this model.", "include");
  if (effort !== undefined && effort !== null) {
    if (!reasons(body.model))
      return refuse("Unsupported parameter: 'reasoning.effort' is not supported with this model.", "reasoning.effort", "unsupported_parameter");
    if (!efforts.includes(asText(effort))) return invalidValue(effort, "reasoning.effort", efforts);
    const least = /^gpt-6\.[1-9]/.test(asText(body.model)) ? efforts.slice(2) : efforts;
    if (!least.includes(asText(effort)))
      return refuse(
        `Unsupported value: '${asText(effort)}' is not supported with the '${asText(body.model)}' model. Supported values are: ${quoted(least)}.`,
        "reasoning.effort",
        "unsupported_value",
      );
  }
  if (options === undefined || options === null) return undefined;
  if (!hasBreakpoints(asText(body.model)))
    return refuse("Unsupported parameter: 'prompt_cache_options' is not supported with this model.", "prompt_cache_options", "unsupported_parameter");
  if (body.prompt_cache_retention) return refuse("'prompt_cache_retention' cannot be used together with 'prompt_cache_options'.", "prompt_cache_retention");
  const { mode = "implicit", ttl = "30m" } = asObject(options);
  if (mode !== "implicit" && mode !== "explicit") return invalidValue(mode, "prompt_cache_options.mode", ["implicit", "explicit"]);
  return ttl === "30m" ? undefined : invalidValue(ttl, "prompt_cache_options.ttl", ["30m"]);
}

function checkItems(body: JsonObject): Refusal | undefined {
  for (const [index, item] of itemsOf(body.input).entries()) {
    const type = typeOf(item);
    const path = `input[${index}]`;
    if (!itemTypes.includes(type)) return invalidValue(type, `${path}.type`, itemTypes);
    const refusal = type === "message" ? checkMessage(item, path) : type === "item_reference" ? notKept(asText(item.id), path) : checkCall(item, type, path);
    if (refusal) return refusal;
  }
  return undefined;
}

function checkMessage(item: JsonObject, path: string): Refusal | undefined {
  const roles = ["assistant", "system", "developer", "user"];
  if (!roles.includes(asText(item.role))) return invalidValue(item.role, `${path}.role`, roles);
  const allowed = item.role === "assistant" ? ["output_text", "refusal"] : ["input_text", "input_image", "input_file"];
  return checkId(item, "msg", path) ?? checkContent(item.content, allowed, `${path}.content`);
}

function checkContent(content: Json | undefined, allowed: readonly string[], path: string): Refusal | undefined {
  if (typeof content === "string") return undefined;
  if (content === undefined) return missing(path);
  if (!Array.isArray(content)) return invalidType(path, "one of a string or array of objects");
  for (const [place, value] of content.entries()) {
    const part = asObject(value);
    const type = asText(part.type);
    if (!allowed.includes(type)) return invalidValue(type, `${path}[${place}].type`, allowed);
    const needed = type === "refusal" ? "refusal" : type === "input_image" ? "image_url" : type === "input_file" ? undefined : "text";
    if (needed !== undefined && typeof part[needed] !== "string" && !(needed === "image_url" && typeof part.file_id === "string"))
      return missing(`${path}[${place}].${needed}`);
  }
  return undefined;
}

function checkId(item: JsonObject, prefix: string, path: string): Refusal | undefined {
  if (item.id === undefined || item.id === null || asText(item.id).startsWith(prefix)) return undefined;
  return refuse(`Invalid '${path}.id': '${asText(item.id)}'. Expected an ID that begins with '${prefix}'.`, `${path}.id`, "invalid_value");
}

const longestId = 64;

function checkCall(item: JsonObject, type: string, path: string): Refusal | undefined {
  if (type === "reasoning") return checkId(item, "rs", path) ?? (Array.isArray(item.summary) ? undefined : missing(`${path}.summary`));
  const id = item.call_id;
  if (typeof id !== "string" || id === "") return missing(`${path}.call_id`);
  if (id.length > longestId)
    return refuse(
      `Invalid '${path}.call_id': string too long. Expected a string with maximum length ${longestId}, but got a string with length ${id.length} instead.`,
      `${path}.call_id`,
      "string_above_max_length",
    );
  if (type === "function_call_output") return checkContent(item.output, ["input_text", "input_image", "input_file"], `${path}.output`);
  if (typeof item.name !== "string" || item.name === "") return missing(`${path}.name`);
  if (!/^[a-zA-Z0-9_-]+$/.test(item.name)) return badName(`${path}.name`);
  if (item.arguments === undefined) return missing(`${path}.arguments`);
  return typeof item.arguments === "string" ? checkId(item, "fc", path) : invalidType(`${path}.arguments`, "a string");
}

const badName = (path: string): Refusal =>
  refuse(`Invalid '${path}': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]+$'.`, path, "invalid_value");

/** They can stand on what is put in, not on what the model said. */
function checkBreakpoints(body: JsonObject): Refusal | undefined {
  for (const [index, item] of itemsOf(body.input).entries()) {
    if (item.prompt_cache_breakpoint !== undefined) return unknownParameter(`input[${index}].prompt_cache_breakpoint`);
    for (const key of ["content", "output"]) {
      for (const [place, part] of asList(item[key]).map(asObject).entries()) {
        const path = `input[${index}].${key}[${place}].prompt_cache_breakpoint`;
        if (part.prompt_cache_breakpoint === undefined) continue;
        if (!hasBreakpoints(asText(body.model)) || item.role === "assistant") return unknownParameter(path);
        const { mode } = asObject(part.prompt_cache_breakpoint);
        if (mode !== "explicit") return invalidValue(mode, `${path}.mode`, ["explicit"]);
      }
    }
  }
  return undefined;
}

/** Reasoning must be what this model wrote, stand before what it led to, and come back where a call of its answer does by its id. */
function checkReasoning(body: JsonObject, known: Signatures): Refusal | undefined {
  const items = itemsOf(body.input);
  for (const [index, item] of items.entries()) {
    const path = `input[${index}]`;
    const needed = typeof item.id === "string" ? known.neededBy(item.id) : undefined;
    if (needed !== undefined && !items.slice(0, index).some((one) => one.id === needed))
      return refuse(`Item '${asText(item.id)}' of type 'function_call' was provided without its required 'reasoning' item: '${needed}'.`, "input");
    if (typeOf(item) !== "reasoning") continue;
    const encrypted = item.encrypted_content;
    if (typeof encrypted !== "string") return notKept(asText(item.id), path);
    const text = asList(item.summary)
      .map((part) => asText(asObject(part).text))
      .join("\n\n");
    if (!isAuthentic(encrypted, text, asText(body.model), known))
      return refuse(
        `The encrypted content for item ${asText(item.id)} could not be verified. Reason: Encrypted content could not be decrypted or parsed.`,
        path,
        "invalid_encrypted_content",
      );
    const next = items[index + 1];
    const follows = next !== undefined && (typeOf(next) === "reasoning" || typeOf(next) === "function_call" || next.role === "assistant");
    if (!follows) return refuse(`Item '${asText(item.id)}' of type 'reasoning' was provided without its required following item.`, "input");
  }
  return undefined;
}

function isAuthentic(encrypted: string, text: string, model: string, known: Signatures): boolean {
  if (encrypted.startsWith(encryptedPrefix)) return encrypted === encryptedContentOf(text, model);
  return !isOwnSignature(encrypted) && known.textOf(encrypted) === text;
}

function checkPairs(body: JsonObject): Refusal | undefined {
  const called = new Set<string>();
  const answered = new Set<string>();
  for (const [index, item] of itemsOf(body.input).entries()) {
    const id = asText(item.call_id);
    if (typeOf(item) === "function_call") {
      if (called.has(id)) return refuse(`Duplicate function call with call_id ${id}.`, `input[${index}].call_id`);
      called.add(id);
    }
    if (typeOf(item) !== "function_call_output") continue;
    if (!called.has(id)) return refuse(`No tool call found for function call output with call_id ${id}.`, "input");
    if (answered.has(id)) return refuse(`Duplicate function call output with call_id ${id}.`, `input[${index}].call_id`);
    answered.add(id);
  }
  const open = [...called].find((id) => !answered.has(id));
  return open === undefined ? undefined : refuse(`No tool output found for function call ${open}.`, "input");
}

function checkTools(body: JsonObject): Refusal | undefined {
  const { tools } = body;
  if (tools === undefined || tools === null || (Array.isArray(tools) && tools.length === 0))
    return body.tool_choice === undefined || body.tool_choice === "auto" || body.tool_choice === "none"
      ? undefined
      : refuse("Tool choice requires 'tools' to be specified.", "tool_choice");
  if (!Array.isArray(tools)) return invalidType("tools", "an array of objects");
  for (const [index, value] of tools.entries()) {
    const tool = asObject(value);
    const path = `tools[${index}]`;
    if (tool.type === undefined) return missing(`${path}.type`);
    if (tool.type !== "function") return invalidValue(tool.type, `${path}.type`, ["function"]);
    const name = asText(tool.name);
    if (name === "") return missing(`${path}.name`);
    if (!/^[a-zA-Z0-9_-]{1,64}$/.test(name)) return badName(`${path}.name`);
    const schema = asObject(tool.parameters);
    if (tool.parameters !== undefined && tool.parameters !== null && schema.type !== "object")
      return badSchema(name, `schema must be a JSON Schema of 'type: "object"', got 'type: "${String(schema.type ?? "None")}"'.`, path);
    const open = tool.strict === true && schema.additionalProperties !== false;
    if (open) return badSchema(name, "In context=(), 'additionalProperties' is required to be supplied and to be false.", path);
  }
  return undefined;
}

const badSchema = (name: string, says: string, path: string): Refusal =>
  refuse(`Invalid schema for function '${name}': ${says}`, `${path}.parameters`, "invalid_function_parameters");
