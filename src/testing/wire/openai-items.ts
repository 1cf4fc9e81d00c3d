// What the rules and the answers of the Responses wire both know of its models and items.
import { createHash } from "node:crypto";
import type { Json, JsonObject } from "../../base/index.ts";
import { asList, asObject, asText } from "./wire.ts";

/** What stands for the encrypted reasoning of a model: another model cannot open it. */
export function encryptedContentOf(text: string, model: string): string {
  return `${encryptedPrefix}${createHash("sha256")
    .update(JSON.stringify([model, text]))
    .digest("base64url")}`;
}
export const encryptedPrefix = "gAAAAAscript";

/** From GPT-5.6 on prompts are cached at breakpoints. */
export function hasBreakpoints(model: string): boolean {
  const [, major, minor = "0"] = /^gpt-(\d+)(?:\.(\d+))?/.exec(model) ?? [];
  return Number(major) > 5 || (major === "5" && Number(minor) >= 6);
}

/** Messages may leave their type out. */
export const typeOf = (item: JsonObject): string => (item.type === undefined && item.role !== undefined ? "message" : asText(item.type));
export const itemsOf = (input: Json | undefined): readonly JsonObject[] =>
  typeof input === "string" ? [{ type: "message", role: "user", content: input }] : asList(input).map(asObject);
