import type { Check } from "./check.ts";

export const halfCharacter: Check = {
  id: 6,
  name: "half-character",
  class: "U31",
  family: "characters",
  title: "Half characters",
  sees: "a lone surrogate: no text that bash could be given",
  reference: "Unicode TR36, ill-formed subsequences",
  fires: ["echo \ud800", "echo 'a\udc00'"],
  passes: ["echo '🚀'", "echo '𝒳'"],
};
