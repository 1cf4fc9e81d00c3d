// What the rules and the answers of the Gemini wire both know of its models and signatures.
import { createHash } from "node:crypto";
import { isOwnSignature } from "../compose.ts";
import { encryptedPrefix } from "./openai-items.ts";
import type { Signatures } from "./wire.ts";

const hash = (...what: readonly string[]): string => createHash("sha256").update(JSON.stringify(what)).digest("base64").replaceAll("=", "").slice(0, 22);

export const signaturePrefix = "CscriptG";
/** What stands for the thought signature on a part of a model's answer: it fits no other model and, on a call, no other call. */
export const thoughtSignatureOf = (model: string, part: string): string => `${signaturePrefix}${hash(model)}${hash(part)}`;

/** Google documents two marks for calls that another model wrote, or that a client made up. */
const accepted: ReadonlySet<string> = new Set(["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"]);

/** `call`: its id, where it stands on a call. A signature that a script gives stands for itself. */
export function fits(signature: string, model: string, call: string | undefined, known: Signatures): boolean {
  if (accepted.has(signature)) return true;
  if (!signature.startsWith(signaturePrefix))
    return !isOwnSignature(signature) && !signature.startsWith(encryptedPrefix) && known.textOf(signature) !== undefined;
  return call === undefined ? signature.startsWith(`${signaturePrefix}${hash(model)}`) : signature === thoughtSignatureOf(model, call);
}

/** `gemini-3.8-flash` → 3. Other names count as the newest. */
export const generationOf = (model: string): number => Number(/^gemini-(\d+)/.exec(model)?.[1] ?? "4");
