// Text of a plugin that models and people read.
import type { Json } from "../../base/index.ts";

export interface TextForm {
  /** UTF-16 units. */
  readonly most?: number;
  readonly fits?: RegExp;
  /** What `fits` means. */
  readonly says?: string;
  /** Line feeds are allowed. */
  readonly lines?: boolean;
}

/** Control characters, and what is invisible or turns the direction of text; a tab or line feed where lines are allowed. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029\u115F\u1160\u3164\uFFA0]/u;

/** The text, or "" with a problem more. */
export function checkedText(value: Json | undefined, place: string, { most = 200, fits, says, lines = false }: TextForm, problems: string[]): string {
  if (typeof value !== "string" || value.trim() === "") problems.push(`${place} must be a text${says === undefined ? "" : `: ${says}`}`);
  else if (fits !== undefined && !fits.test(value)) problems.push(`${place}: ${JSON.stringify(value.slice(0, 80))} is not ${says ?? "of the right form"}`);
  else if (value.length > most) problems.push(`${place} has ${value.length} characters, at most ${most}`);
  else if (unseen.test(lines ? value.replace(/[\n\t]/g, "") : value)) problems.push(`${place} holds characters that can't be seen`);
  else return value;
  return "";
}
