// A tool's schema in the part of JSON Schema that Gemini's `parametersJsonSchema` is documented to take: a field that it does not
// know is refused with 400. What is left out narrows nothing for us: the arguments that come back are checked against the whole schema.
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";

/** ai.google.dev, structured output, "JSON Schema support". */
const taken: ReadonlySet<string> = new Set(
  "$id $anchor type format title description enum required minItems maxItems minimum maximum propertyOrdering $ref".split(" "),
);
const schemas: ReadonlySet<string> = new Set(["items", "additionalProperties"]);
const lists: ReadonlySet<string> = new Set(["prefixItems", "anyOf", "oneOf"]);
const maps: ReadonlySet<string> = new Set(["properties", "$defs"]);

export function geminiSchema(schema: JsonObject): JsonObject {
  const written: Record<string, Json> = {};
  for (const [key, value] of Object.entries(schema)) {
    if (taken.has(key)) written[key] = value;
    else if (key === "const") written.enum = [value];
    else if (schemas.has(key)) written[key] = reduced(value);
    else if (lists.has(key) && Array.isArray(value)) written[key] = value.map((one: Json) => reduced(one));
    else if (maps.has(key) && isJsonObject(value)) written[key] = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, reduced(one)]));
  }
  return written;
}

const reduced = (value: Json): Json => (isJsonObject(value) ? geminiSchema(value) : value);
