// Whether a call's input fits the tool's schema, in words that whoever wrote the call can act on.
import type { OutputUnit } from "@cfworker/json-schema";
import { isJsonObject, type Json, type JsonSchema } from "../base/index.ts";
import { nearest } from "./near.ts";

interface Check {
  validate(input: Json): { readonly valid: boolean; readonly errors: readonly OutputUnit[] };
}
const checks = new WeakMap<JsonSchema, Check>();

/** Null when `input` fits `tool.input`; else what does not, one finding a line. */
export async function validateInput(tool: { readonly name: string; readonly input: JsonSchema }, input: Json): Promise<string | null> {
  const check = checks.get(tool.input) ?? (await compile(tool.input));
  const { valid, errors } = check.validate(input);
  if (valid) return null;
  const findings = [...new Set(errors.filter((error) => !isWrapper(error)).map((error) => explain(error, tool.input, input)))];
  return `The input of "${tool.name}" was not accepted; nothing was done.\n${findings
    .slice(0, 10)
    .map((text) => `- ${text}`)
    .join("\n")}`;
}

async function compile(schema: JsonSchema): Promise<Check> {
  const { Validator } = await import("@cfworker/json-schema");
  const check = new Validator(schema, "2020-12", false);
  checks.set(schema, check);
  return check;
}

/** These only say that something inside them failed, which is reported by itself. */
function isWrapper(error: OutputUnit): boolean {
  return ["properties", "items", "prefixItems", "false", "allOf", "$ref", "then", "else", "dependentSchemas"].includes(error.keyword);
}

function explain(error: OutputUnit, schema: JsonSchema, input: Json): string {
  const came = at(input, error.instanceLocation);
  const place = placeOf(error.instanceLocation);
  const rule = at(schema, error.keywordLocation);
  switch (error.keyword) {
    case "required": {
      const name = /property "(.+)"/.exec(error.error)?.[1] ?? "";
      return `${join(place, name)} is missing${wanted(at(schema, above(error.keywordLocation)), name)}.`;
    }
    case "additionalProperties":
    case "unevaluatedProperties": {
      const name = /^Property "(.+)" does/.exec(error.error)?.[1] ?? "";
      return `${join(place, name)} is not known.${hint(name, at(schema, above(error.keywordLocation)))}`;
    }
    case "type":
      return `${place} must be ${typeAsText(rule)}, not ${described(came)}.${advice(rule, came)}`;
    case "enum":
      return `${place} must be one of ${JSON.stringify(rule)}, not ${described(came)}.`;
    case "minimum":
    case "maximum":
      return `${place} must be ${error.keyword === "minimum" ? "at least" : "at most"} ${JSON.stringify(rule)}, not ${described(came)}.`;
    case "minLength":
      return rule === 1 ? `${place} must not be empty.` : `${place} must have at least ${JSON.stringify(rule)} characters.`;
    case "maxLength":
      return `${place} must have at most ${JSON.stringify(rule)} characters.`;
    case "minItems":
    case "maxItems":
      return `${place} must have at ${error.keyword === "minItems" ? "least" : "most"} ${JSON.stringify(rule)} items, not ${Array.isArray(came) ? came.length : 0}.`;
    default:
      return `${place}: ${error.error}`;
  }
}

/** The value at a location such as "#/edits/0/old"; undefined when there is none. */
function at(value: Json, location: string): Json | undefined {
  let here: Json | undefined = value;
  for (const part of parts(location)) {
    if (Array.isArray(here)) here = here[Number(part)];
    else here = isJsonObject(here) ? (here[part] as Json | undefined) : undefined;
  }
  return here;
}
const parts = (location: string): readonly string[] =>
  location
    .split("/")
    .slice(1)
    .map((part) => decodeURIComponent(part).replace(/~1/g, "/").replace(/~0/g, "~"));
const above = (location: string): string => location.slice(0, location.lastIndexOf("/"));

/** "edits[0].old"; "the input" for the whole. */
function placeOf(location: string): string {
  const text = parts(location).reduce((path, part) => (/^\d+$/.test(part) ? `${path}[${part}]` : path === "" ? part : `${path}.${part}`), "");
  return text === "" ? "the input" : text;
}
const join = (place: string, name: string): string => (place === "the input" ? `"${name}"` : `"${place}.${name}"`);

function propertiesOf(schema: Json | undefined): { readonly [name: string]: Json } {
  const properties = isJsonObject(schema) ? schema.properties : undefined;
  return isJsonObject(properties) ? properties : {};
}
function wanted(schema: Json | undefined, name: string): string {
  const property = propertiesOf(schema)[name];
  const type = isJsonObject(property) ? property.type : undefined;
  return type === undefined ? "" : ` (${typeAsText(type)})`;
}
function hint(name: string, schema: Json | undefined): string {
  const names = Object.keys(propertiesOf(schema));
  const [near] = nearest(name, names, 1);
  if (near !== undefined) return ` Did you mean "${near}"?`;
  return names.length === 0 ? "" : ` Known are: ${names.join(", ")}.`;
}

function typeAsText(type: Json | undefined): string {
  if (Array.isArray(type)) return type.map(typeAsText).join(" or ");
  if (typeof type !== "string") return "something else";
  return type === "null" ? "null" : `${/^[aeiou]/.test(type) ? "an" : "a"} ${type}`;
}
function described(value: Json | undefined): string {
  if (value === undefined) return "nothing";
  if (value === null) return "null";
  const text = JSON.stringify(value);
  const shown = text.length > 60 ? `${text.slice(0, 57)}…` : text;
  const kind = Array.isArray(value) ? "array" : typeof value;
  return `${typeAsText(kind)} (${shown})`;
}
function advice(type: Json | undefined, came: Json | undefined): string {
  if (typeof came === "string" && (type === "array" || type === "object")) return " Give it as JSON, not as a string that contains JSON.";
  if (typeof came === "string" && (type === "integer" || type === "number" || type === "boolean")) return " Leave out the quotes.";
  return "";
}
