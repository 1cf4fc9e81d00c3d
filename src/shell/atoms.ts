// What a word is made of while it is read: characters, runs of quoted text, and what expansions stand for.
import type { Value } from "./value.ts";

export type Atom =
  /** Here one word ends and the next begins. */
  | { readonly kind: "break" }
  | { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
  | { readonly kind: "value"; readonly value: Value; readonly quoted: boolean /** "$@" and the like: several words even in quotes. */; readonly many?: true };

/** Where a word stands: the words of a command are split and matched against names; an assignment's value is not. */
export type Place = "command" | "value" | "pattern";
