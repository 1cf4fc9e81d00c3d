// The server's own token count: deterministic, the same on every machine, and of no vendor.
import type { Json } from "../base/index.ts";

/** What an image counts, whatever its size. */
export const imageTokens = 1_600;

/** A block counts its UTF-8 bytes divided by four, rounded up; an empty one counts nothing. */
export function tokensOf(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / 4);
}

/** Tokens of a block of a request: its JSON without cache markers, with a fixed figure in place of each image's data. */
export function blockTokens(block: Json): number {
  const whole = JSON.stringify(block);
  if (!whole.includes('"type":"image') && !whole.includes('"type":"input_image"') && !whole.includes('"inlineData":{')) return tokensOf(whole);
  let images = 0;
  const bytes = JSON.stringify(block, (_key, value: Json) => {
    if (!isImage(value)) return value;
    images += 1;
    return "";
  });
  return tokensOf(bytes) + images * imageTokens;
}

function isImage(value: Json): boolean {
  if (value === null || typeof value !== "object") return false;
  if ("mimeType" in value && "data" in value) return true;
  if (!("type" in value)) return false;
  return value.type === "image" || value.type === "image_url" || value.type === "input_image";
}
