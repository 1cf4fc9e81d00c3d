// What Gemini's generateContent refuses with 400, as far as its reference, its guides on function calling, thinking and thought
// signatures, and the errors that people quote in public say. Where Google answers an ill-matched function response with an empty
// reply, it is refused here: an empty reply tells nobody what is wrong.
import type { Json, JsonObject } from "../../base/index.ts";
import { fits, generationOf } from "./gemini-parts.ts";
import { asList, asObject, asText, type Refusal, type Signatures } from "./wire.ts";

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "));
/** `model` and `stream` stand in the path; the server puts them here. */
const knownKeys = words("model stream contents systemInstruction tools toolConfig safetySettings generationConfig cachedContent");
const configKeys = words(
  "maxOutputTokens thinkingConfig temperature topP topK candidateCount stopSequences responseMimeType responseSchema responseJsonSchema responseModalities presencePenalty frequencyPenalty seed responseLogprobs logprobs mediaResolution speechConfig",
);
const thinkingKeys = words("thinkingLevel thinkingBudget includeThoughts");
const dataKeys = ["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult"];
const partKeys = new Set([...dataKeys, "thought", "thoughtSignature", "videoMetadata", "partMetadata"]);
const schemaKeys = words(
  "$id $defs $ref $anchor type format title description enum items prefixItems minItems maxItems minimum maximum anyOf oneOf properties additionalProperties required propertyOrdering",
);

type Rule = (body: JsonObject, known: Signatures) => Refusal | undefined;

export function checkGemini(body: JsonObject, known: Signatures): Refusal | undefined {
  for (const rule of [checkTop, checkContents, checkTurns, checkSignatures, checkTools, checkThinking] satisfies Rule[]) {
    const refusal = rule(body, known);
    if (refusal) return refusal;
  }
  return undefined;
}

export const invalid = (message: string): Refusal => ({ status: 400, type: "INVALID_ARGUMENT", message });

function unknownIn(value: JsonObject, known: ReadonlySet<string>, where: string): Refusal | undefined {
  const unknown = Object.keys(value).find((key) => !known.has(key));
  return unknown === undefined
    ? undefined
    : invalid(`Invalid JSON payload received. Unknown name "${unknown}"${where === "" ? "" : ` at '${where}'`}: Cannot find field.`);
}

function checkTop(body: JsonObject): Refusal | undefined {
  const config = asObject(body.generationConfig);
  const unknown = unknownIn(body, knownKeys, "") ?? unknownIn(config, configKeys, "generation_config");
  if (unknown) return unknown;
  const most = config.maxOutputTokens;
  if (most !== undefined && (!Number.isInteger(most) || Number(most) < 1)) return invalid("max_output_tokens must be positive.");
  const system = asObject(body.systemInstruction);
  if (body.systemInstruction !== undefined && asList(system.parts).some((part) => typeof asObject(part).text !== "string"))
    return invalid("System instruction must hold text parts only.");
  return undefined;
}

function checkContents(body: JsonObject): Refusal | undefined {
  const contents = asList(body.contents).map(asObject);
  if (contents.length === 0) return invalid("* GenerateContentRequest.contents: contents is not specified\n");
  for (const [index, content] of contents.entries()) {
    const unknown = unknownIn(content, words("role parts"), `contents[${index}]`);
    if (unknown) return unknown;
    if (content.role !== "user" && content.role !== "model") return invalid("Please use a valid role: user, model.");
    const parts = asList(content.parts).map(asObject);
    if (parts.length === 0) return invalid(`* GenerateContentRequest.contents[${index}].parts: contents.parts must not be empty.\n`);
    for (const [place, part] of parts.entries()) {
      const refusal = checkPart(part, asText(content.role), `contents[${index}].parts[${place}]`);
      if (refusal) return refusal;
    }
  }
  return undefined;
}

function checkPart(part: JsonObject, role: string, path: string): Refusal | undefined {
  const unknown = unknownIn(part, partKeys, path);
  if (unknown) return unknown;
  const data = dataKeys.filter((key) => part[key] !== undefined);
  if (data.length !== 1) return invalid(`* GenerateContentRequest.${path}.data: required oneof field 'data' must have one initialized field\n`);
  if (part.text !== undefined && typeof part.text !== "string") return invalid(`Invalid value at '${path}.text' (TYPE_STRING)`);
  if (part.inlineData !== undefined) return checkBlob(asObject(part.inlineData), `${path}.inline_data`);
  const spoken = asObject(part.functionCall ?? part.functionResponse);
  if (part.functionCall === undefined && part.functionResponse === undefined) return undefined;
  if (asText(spoken.name) === "")
    return invalid(`* GenerateContentRequest.${path}.${data[0] === "functionCall" ? "function_call" : "function_response"}.name: Name cannot be empty.\n`);
  if ((part.functionCall !== undefined) !== (role === "model")) return invalid(`A ${data[0]} part cannot have the role '${role}'.`);
  const payload = part.functionCall === undefined ? spoken.response : (spoken.args ?? {});
  if (typeof payload !== "object" || payload === null || Array.isArray(payload))
    return invalid(`Invalid value at '${path}' (type.googleapis.com/google.protobuf.Struct)`);
  for (const inner of asList(spoken.parts)) {
    const refusal = checkBlob(asObject(asObject(inner).inlineData), `${path}.function_response.parts.inline_data`);
    if (refusal) return refusal;
  }
  return undefined;
}

function checkBlob(blob: JsonObject, path: string): Refusal | undefined {
  if (asText(blob.mimeType) === "") return invalid(`* GenerateContentRequest.${path}.mime_type: mime_type must be specified.\n`);
  return /^[A-Za-z0-9+/_-]+=*$/.test(asText(blob.data)) ? undefined : invalid(`Invalid value at '${path}.data' (TYPE_BYTES), Base64 decoding failed`);
}

const callsIn = (content: JsonObject | undefined): readonly JsonObject[] => spokenIn(content, "functionCall");
const responsesIn = (content: JsonObject | undefined): readonly JsonObject[] => spokenIn(content, "functionResponse");
const spokenIn = (content: JsonObject | undefined, key: "functionCall" | "functionResponse"): readonly JsonObject[] =>
  asList(content?.parts).flatMap((part) => (asObject(part)[key] === undefined ? [] : [asObject(asObject(part)[key])]));

function checkTurns(body: JsonObject): Refusal | undefined {
  const contents = asList(body.contents).map(asObject);
  const seen = new Set<string>();
  for (const [index, content] of contents.entries()) {
    const calls = callsIn(content);
    const before = contents[index - 1];
    const responses = responsesIn(content);
    if (responses.length > 0 && callsIn(before).length === 0)
      return invalid("Please ensure that function response turn comes immediately after a function call turn.");
    if (calls.length === 0) continue;
    if (before?.role !== "user") return invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
    const answers = responsesIn(contents[index + 1]);
    if (answers.length !== calls.length)
      return invalid("Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.");
    const refusal = generationOf(asText(body.model)) >= 3 ? checkMatch(calls, answers, seen) : undefined;
    if (refusal) return refusal;
  }
  return undefined;
}

/** From Gemini 3 on each response bears the id and the name of its call. */
function checkMatch(calls: readonly JsonObject[], answers: readonly JsonObject[], seen: Set<string>): Refusal | undefined {
  for (const call of calls) {
    const id = asText(call.id);
    if (seen.has(id) && id !== "") return invalid(`Duplicate function call id: ${id}.`);
    seen.add(id);
    if (!answers.some((answer) => asText(answer.id) === id && answer.name === call.name))
      return invalid(`No function response matches the function call \`${asText(call.name)}\` with id \`${id}\`.`);
  }
  return undefined;
}

/** The current turn begins with what a user said last; in each of its steps the first call bears a signature (from Gemini 3 on). */
function checkSignatures(body: JsonObject, known: Signatures): Refusal | undefined {
  const contents = asList(body.contents).map(asObject);
  const model = asText(body.model);
  const said = contents.findLastIndex((content) => content.role === "user" && responsesIn(content).length === 0);
  let position = 0;
  for (const [index, content] of contents.entries()) {
    const parts = asList(content.parts).map(asObject);
    for (const part of parts) {
      position += 1;
      const call = part.functionCall === undefined ? undefined : asText(asObject(part.functionCall).id);
      if (part.thoughtSignature !== undefined && !fits(asText(part.thoughtSignature), model, call, known)) return invalid("Corrupted thought signature.");
    }
    if (index < said || generationOf(model) < 3) continue;
    const first = parts.find((part) => part.functionCall !== undefined);
    if (!first || first.thoughtSignature !== undefined) continue;
    const name = asText(asObject(first.functionCall).name);
    return invalid(
      `Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to degraded model performance. Additional data, function call \`default_api:${name}\` , position ${position}. Please refer to https://ai.google.dev/gemini-api/docs/thought-signatures for more details.`,
    );
  }
  return undefined;
}

function checkTools(body: JsonObject): Refusal | undefined {
  for (const [index, tool] of asList(body.tools).map(asObject).entries()) {
    const path = `tools[${index}]`;
    const unknown = unknownIn(tool, words("functionDeclarations googleSearch codeExecution urlContext"), path);
    if (unknown) return unknown;
    for (const [place, declared] of asList(tool.functionDeclarations).map(asObject).entries()) {
      const refusal = checkDeclaration(declared, `${path}.function_declarations[${place}]`);
      if (refusal) return refusal;
    }
  }
  return undefined;
}

function checkDeclaration(declared: JsonObject, path: string): Refusal | undefined {
  const unknown = unknownIn(declared, words("name description parameters parametersJsonSchema response responseJsonSchema behavior"), path);
  if (unknown) return unknown;
  if (!/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/.test(asText(declared.name)))
    return invalid(
      `* GenerateContentRequest.${path}.name: Invalid function name. Must start with a letter or an underscore. Must be alphanumeric (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum length of 64.\n`,
    );
  if (declared.parameters !== undefined && declared.parametersJsonSchema !== undefined)
    return invalid(`${path}: parameters and parameters_json_schema are mutually exclusive.`);
  if (declared.parametersJsonSchema === undefined) return undefined;
  const schema = asObject(declared.parametersJsonSchema);
  if (schema.type !== "object") return invalid(`${path}.parameters_json_schema: the schema must describe an object.`);
  return checkSchema(schema, `${path}.parameters_json_schema`);
}

function checkSchema(value: Json | undefined, path: string): Refusal | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const schema = asObject(value);
  const unknown = unknownIn(schema, schemaKeys, path);
  if (unknown) return unknown;
  const inner = [
    ...Object.entries(asObject(schema.properties)),
    ...Object.entries(asObject(schema.$defs)),
    ...["anyOf", "oneOf", "prefixItems"].flatMap((key) => asList(schema[key]).map((one): [string, Json] => [key, one])),
    ...["items", "additionalProperties"].map((key): [string, Json] => [key, schema[key] ?? null]),
  ];
  for (const [name, one] of inner) {
    const refusal = checkSchema(one, `${path}.${name}`);
    if (refusal) return refusal;
  }
  return undefined;
}

function checkThinking(body: JsonObject): Refusal | undefined {
  const model = asText(body.model);
  const config = asObject(asObject(body.generationConfig).thinkingConfig);
  const unknown = unknownIn(config, thinkingKeys, "generation_config.thinking_config");
  if (unknown) return unknown;
  const { thinkingLevel: level, thinkingBudget: budget } = config;
  if (level !== undefined && budget !== undefined) return invalid("You can only set only one of thinking budget and thinking level.");
  if (level !== undefined) {
    if (generationOf(model) < 3) return invalid("Thinking level is not supported for this model.");
    const levels = generationOf(model) >= 4 ? ["low", "medium", "high"] : ["minimal", "low", "medium", "high"];
    if (!levels.includes(asText(level).toLowerCase())) return invalid(`Thinking level ${asText(level).toUpperCase()} is not supported for this model.`);
  }
  if (budget === undefined) return undefined;
  if (generationOf(model) >= 4) return invalid("Thinking budget is not supported for this model. Please use thinking level instead.");
  return Number.isInteger(budget) && Number(budget) >= -1 && Number(budget) <= 32_768 ? undefined : invalid("The thinking budget is invalid.");
}
