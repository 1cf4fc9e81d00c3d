// Which JSON Schemas a plugin may bring: they are evaluated in this process, so each keyword has to cost bounded work.
import { isJsonObject, type Json, type JsonObject } from "../../base/index.ts";

const deepest = 8;
/** Keywords whose value is no schema. */
const plain = new Set([
  ...["type", "title", "description", "default", "examples", "enum", "const", "required"],
  ...["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength"],
  ...["minItems", "maxItems", "minProperties", "maxProperties"],
]);
const one = new Set(["items", "additionalProperties", "not"]);
const several = new Set(["anyOf", "oneOf", "allOf", "prefixItems"]);
const types = new Set(["object", "array", "string", "number", "integer", "boolean", "null"]);

/** What stands against a tool's input schema. */
export function schemaProblems(schema: JsonObject, place: string): readonly string[] {
  const problems: string[] = [];
  if (schema["type"] !== "object") problems.push(`${place}.type must be "object"`);
  walk(schema, place, 0, problems);
  return problems;
}

function walk(schema: Json, place: string, depth: number, problems: string[]): void {
  if (typeof schema === "boolean") return;
  if (!isJsonObject(schema)) return void problems.push(`${place} must be a schema`);
  if (depth > deepest) return void problems.push(`${place} is nested more than ${deepest} deep`);
  for (const [key, value] of Object.entries(schema)) {
    const at = `${place}.${key}`;
    if (key === "properties") properties(value, at, depth, problems);
    else if (one.has(key)) walk(value, at, depth + 1, problems);
    else if (several.has(key)) list(value, at, depth, problems);
    else if (key === "type") typeProblem(value, at, problems);
    else if (!plain.has(key)) problems.push(`${at}: this keyword is not taken from a plugin`);
    else if ((key === "enum" || key === "required") && !Array.isArray(value)) problems.push(`${at} must be a list`);
  }
}

function properties(value: Json, place: string, depth: number, problems: string[]): void {
  if (!isJsonObject(value)) return void problems.push(`${place} must be an object`);
  for (const [name, each] of Object.entries(value)) {
    if (!/^[A-Za-z][A-Za-z0-9_.-]{0,63}$/.test(name)) problems.push(`${place}: ${JSON.stringify(name.slice(0, 80))} is no name for a property`);
    walk(each, `${place}.${name.slice(0, 80)}`, depth + 1, problems);
  }
}

function list(value: Json, place: string, depth: number, problems: string[]): void {
  if (!Array.isArray(value)) return void problems.push(`${place} must be a list`);
  for (const [index, each] of (value as readonly Json[]).entries()) walk(each, `${place}[${index}]`, depth + 1, problems);
}

function typeProblem(value: Json, place: string, problems: string[]): void {
  const named = Array.isArray(value) ? (value as readonly Json[]) : [value];
  if (named.length === 0 || !named.every((each) => typeof each === "string" && types.has(each))) problems.push(`${place} is no type of JSON Schema`);
}
