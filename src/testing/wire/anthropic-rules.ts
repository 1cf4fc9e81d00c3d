// What Anthropic's API refuses with 400, as far as its reference and the errors that people quote in public say. Order as there: shape first, then pairing.
import type { Json, JsonObject } from "../../base/index.ts";
import { asList, asObject, asText, type Headers, header, type Refusal, type Signatures } from "./wire.ts";

const knownKeys = new Set(
  "model max_tokens messages system tools tool_choice temperature top_p top_k stop_sequences stream metadata thinking service_tier container context_management mcp_servers output_config output_format cache_control speed inference_geo diagnostics".split(
    " ",
  ),
);
const userBlocks = ["text", "image", "document", "tool_result", "search_result"];
const assistantBlocks = ["text", "thinking", "redacted_thinking", "tool_use"];

/** The first broken rule's words; undefined when all hold. */
type Rule = (body: JsonObject, known: Signatures) => string | undefined;

export function checkAnthropic(headers: Headers, body: JsonObject, known: Signatures): Refusal | undefined {
  if (!header(headers, "anthropic-version")) return refuse("anthropic-version: header is required");
  for (const rule of [checkKeys, checkTop, checkMessages, checkThinking, checkTools, checkPairs, checkMarkers] satisfies Rule[]) {
    const message = rule(body, known);
    if (message !== undefined) return refuse(message);
  }
  return undefined;
}

const refuse = (message: string): Refusal => ({ status: 400, type: "invalid_request_error", message });

function checkKeys(body: JsonObject): string | undefined {
  const unknown = Object.keys(body).find((key) => !knownKeys.has(key));
  return unknown === undefined ? undefined : `${unknown}: Extra inputs are not permitted`;
}

function checkTop(body: JsonObject): string | undefined {
  for (const key of ["model", "max_tokens", "messages"]) if (body[key] === undefined) return `${key}: Field required`;
  if (typeof body.model !== "string" || body.model === "") return "model: Input should be a valid string";
  if (!Number.isInteger(body.max_tokens)) return "max_tokens: Input should be a valid integer";
  if (Number(body.max_tokens) < 1) return "max_tokens: Input should be greater than or equal to 1";
  if (!Array.isArray(body.messages)) return "messages: Input should be a valid list";
  if (body.messages.length === 0) return "messages: at least one message is required";
  if (body.stream !== undefined && typeof body.stream !== "boolean") return "stream: Input should be a valid boolean";
  const system = body.system;
  if (system === undefined || typeof system === "string") return undefined;
  if (!Array.isArray(system)) return "system: Input should be a valid list";
  const wrong = system.findIndex((block: Json) => asObject(block).type !== "text" || typeof asObject(block).text !== "string");
  if (wrong >= 0) return `system.${wrong}.type: Input should be 'text'`;
  return system.some((block: Json) => asObject(block).text === "") ? "system: text content blocks must be non-empty" : undefined;
}

function checkMessages(body: JsonObject, known: Signatures): string | undefined {
  const messages = asList(body.messages).map(asObject);
  for (const [index, message] of messages.entries()) {
    const wrong = checkMessage(message, index, known);
    if (wrong !== undefined) return wrong;
  }
  if (messages[0]?.role !== "user") return 'messages: first message must use the "user" role';
  if (messages.at(-1)?.role === "assistant") return "This model does not support assistant message prefill. The conversation must end with a user message.";
  return undefined;
}

function checkMessage(message: JsonObject, index: number, known: Signatures): string | undefined {
  const { role, content } = message;
  if (role === "system")
    return 'messages: Unexpected role "system". The Messages API accepts a top-level `system` parameter, not "system" as an input message role.';
  if (role !== "user" && role !== "assistant") return `messages.${index}.role: Input should be 'user' or 'assistant'`;
  const extra = Object.keys(message).find((key) => key !== "role" && key !== "content");
  if (extra !== undefined) return `messages.${index}.${extra}: Extra inputs are not permitted`;
  if (typeof content !== "string" && !Array.isArray(content))
    return `messages.${index}.content: ${content === undefined ? "Field required" : "Input should be a valid list"}`;
  if (content.length === 0) return `messages.${index}: all messages must have non-empty content except for the optional final assistant message`;
  if (typeof content === "string") return undefined;
  for (const [position, block] of content.entries()) {
    const wrong = checkBlock(asObject(block), role === "user" ? userBlocks : assistantBlocks, `messages.${index}.content.${position}`, known);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function checkBlock(block: JsonObject, allowed: readonly string[], path: string, known: Signatures): string | undefined {
  const type = block.type;
  if (type === undefined) return `${path}.type: Field required`;
  if (!allowed.includes(asText(type)))
    return `${path}: Input tag '${asText(type)}' found using 'type' does not match any of the expected tags: ${allowed.map((one) => `'${one}'`).join(", ")}`;
  const needed = (key: string): string | undefined =>
    typeof block[key] === "string"
      ? undefined
      : `${path}.${String(type)}.${key}: ${block[key] === undefined ? "Field required" : "Input should be a valid string"}`;
  switch (type) {
    case "text":
      return needed("text") ?? (block.text === "" ? "messages: text content blocks must be non-empty" : undefined);
    case "thinking":
      return needed("thinking") ?? needed("signature") ?? checkSignature(block, path, known);
    case "redacted_thinking":
      return needed("data");
    case "tool_use":
      return needed("id") ?? needed("name") ?? checkCall(block, path);
    case "tool_result":
      return needed("tool_use_id") ?? checkResult(block, path, known);
    case "image":
      return typeof asObject(block.source).type === "string" ? undefined : `${path}.image.source: Field required`;
    default:
      return undefined;
  }
}

function checkSignature(block: JsonObject, path: string, known: Signatures): string | undefined {
  const signed = known.textOf(asText(block.signature));
  const sound = block.signature !== "" && (signed === undefined || signed === block.thinking);
  if (!sound) return `${path}: Invalid \`signature\` in \`thinking\` block`;
  return block.cache_control === undefined ? undefined : `${path}.thinking.cache_control: Extra inputs are not permitted`;
}

function checkCall(block: JsonObject, path: string): string | undefined {
  if (!/^[a-zA-Z0-9_-]+$/.test(asText(block.id))) return `${path}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'`;
  if (!/^[a-zA-Z0-9_-]{1,200}$/.test(asText(block.name))) return `${path}.tool_use.name: String should match pattern '^[a-zA-Z0-9_-]{1,200}$'`;
  const input = block.input;
  const sound = typeof input === "object" && input !== null && !Array.isArray(input);
  return sound ? undefined : `${path}.tool_use.input: ${input === undefined ? "Field required" : "Input should be a valid dictionary"}`;
}

function checkResult(block: JsonObject, path: string, known: Signatures): string | undefined {
  const content = block.content;
  if (content === undefined || typeof content === "string") return undefined;
  if (!Array.isArray(content)) return `${path}.tool_result.content: Input should be a valid list`;
  for (const [index, one] of content.entries()) {
    const wrong = checkBlock(asObject(one), ["text", "image", "document", "search_result"], `${path}.tool_result.content.${index}`, known);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** Models whose pages say that a budget is refused, and those that know nothing else. */
const adaptiveOnly = /-5-5|sonnet-5|fable-5/;
const budgetOnly = /haiku-4-5|(opus|sonnet)-4-5/;

function checkThinking(body: JsonObject): string | undefined {
  const thinking = asObject(body.thinking);
  const model = asText(body.model);
  if (thinking.type === "adaptive" && budgetOnly.test(model)) return "adaptive thinking is not supported on this model";
  if (thinking.type !== "enabled") return undefined;
  if (adaptiveOnly.test(model))
    return '"thinking.type.enabled" is not supported for this model. Use "thinking.type.adaptive" and "output_config.effort" to control thinking behavior.';
  const budget = Number(thinking.budget_tokens);
  if (!Number.isInteger(budget)) return "thinking.enabled.budget_tokens: Field required";
  if (budget < 1024) return "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024";
  if (budget >= Number(body.max_tokens)) return "`max_tokens` must be greater than `thinking.budget_tokens`.";
  const messages = asList(body.messages).map(asObject);
  const index = messages.findLastIndex((message) => message.role === "assistant");
  const blocks = asList(messages[index]?.content).map(asObject);
  const first = asText(blocks[0]?.type);
  // Only a turn that is still in its tool calls must bring its reasoning back.
  const open = blocks.some((block) => block.type === "tool_use") && index === messages.length - 2;
  if (!open || first === "thinking" || first === "redacted_thinking") return undefined;
  return `messages.${index}.content.0.type: Expected \`thinking\` or \`redacted_thinking\`, but found \`${first}\`. When \`thinking\` is enabled, a final \`assistant\` message must start with a thinking block (preceding the lastmost set of \`tool_use\` and \`tool_result\` blocks).`;
}

function checkTools(body: JsonObject): string | undefined {
  const tools = body.tools;
  if (tools === undefined) return body.tool_choice === undefined ? undefined : "tool_choice: may only be specified while providing tools";
  if (!Array.isArray(tools)) return "tools: Input should be a valid list";
  const names = new Set<string>();
  for (const [index, value] of tools.entries()) {
    const tool = asObject(value);
    const path = `tools.${index}.custom`;
    const name = asText(tool.name);
    if (name === "") return `${path}.name: Field required`;
    if (!/^[a-zA-Z0-9_-]{1,128}$/.test(name)) return `${path}.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'`;
    if (names.has(name)) return "tools: Tool names must be unique.";
    names.add(name);
    if (tool.type !== undefined && tool.type !== "custom") continue; // the vendor's own tools bring no schema
    if (tool.input_schema === undefined) return `${path}.input_schema: Field required`;
    const schema = asObject(tool.input_schema);
    if (schema.type !== "object") return `${path}.input_schema.type: ${schema.type === undefined ? "Field required" : "Input should be 'object'"}`;
    if (tool.description !== undefined && typeof tool.description !== "string") return `${path}.description: Input should be a valid string`;
  }
  const choice = asObject(body.tool_choice);
  return choice.type === "tool" && !names.has(asText(choice.name)) ? `Tool '${asText(choice.name)}' not found in provided tools` : undefined;
}

// Each tool_use needs its tool_result at the start of the next message, and nothing else may stand there.
function checkPairs(body: JsonObject): string | undefined {
  const messages = asList(body.messages).map((message) => asList(asObject(message).content).map(asObject));
  const seen = new Set<string>();
  let open: readonly string[] = [];
  for (const [index, blocks] of messages.entries()) {
    const results = blocks.filter((block) => block.type === "tool_result").map((block) => asText(block.tool_use_id));
    const stray = blocks.findIndex((block) => block.type === "tool_result" && !open.includes(asText(block.tool_use_id)));
    if (stray >= 0) {
      const id = asText(blocks[stray]?.tool_use_id);
      return `messages.${index}.content.${stray}: unexpected \`tool_use_id\` found in \`tool_result\` blocks: ${id}. Each \`tool_result\` block must have a corresponding \`tool_use\` block in the previous message.`;
    }
    const leading = blocks.slice(0, results.length).every((block) => block.type === "tool_result") ? results : [];
    const unanswered = open.filter((id) => !leading.includes(id));
    if (unanswered.length > 0) return unpaired(index - 1, unanswered);
    const twice = results.find((id, position) => results.indexOf(id) !== position);
    if (twice !== undefined)
      return `messages.${index}.content.${results.lastIndexOf(twice)}: each tool_use must have a single result. Found multiple \`tool_result\` blocks with id: ${twice}`;
    open = blocks.filter((block) => block.type === "tool_use").map((block) => asText(block.id));
    for (const id of open) {
      if (seen.has(id)) return "messages: `tool_use` ids must be unique";
      seen.add(id);
    }
  }
  return open.length > 0 ? unpaired(messages.length - 1, open) : undefined;
}

const unpaired = (index: number, ids: readonly string[]): string =>
  `messages.${index}: \`tool_use\` ids were found without \`tool_result\` blocks immediately after: ${ids.join(", ")}. Each \`tool_use\` block must have a corresponding \`tool_result\` block in the next message.`;

function checkMarkers(body: JsonObject): string | undefined {
  const owners = [...asList(body.tools), ...asList(body.system)].map(asObject);
  for (const message of asList(body.messages)) {
    for (const block of asList(asObject(message).content).map(asObject)) {
      owners.push(...(block.type === "tool_result" ? asList(block.content).map(asObject) : []), block);
    }
  }
  owners.push(body);
  const markers = owners.flatMap((owner) => (owner.cache_control === undefined || owner.cache_control === null ? [] : [asObject(owner.cache_control)]));
  if (markers.length > 4) return `A maximum of 4 blocks with cache_control may be provided. Found ${markers.length}.`;
  let short = false;
  for (const marker of markers) {
    if (marker.type !== "ephemeral") return "cache_control.type: Input should be 'ephemeral'";
    const life = marker.ttl ?? "5m";
    if (life !== "5m" && life !== "1h") return "cache_control.ephemeral.ttl: Input should be '5m' or '1h'";
    if (life === "1h" && short)
      return "cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block. Note that blocks are processed in the following order: `tools`, `system`, `messages`.";
    short ||= life === "5m";
  }
  return undefined;
}
