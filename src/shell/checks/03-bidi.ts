import type { Check } from "./check.ts";

export const bidi: Check = {
  id: 3,
  name: "bidi",
  class: "U32",
  family: "characters",
  title: "Characters that turn the direction of text",
  sees: "overrides, embeddings, isolates and marks",
  reference: "CVE-2021-42574",
  fires: ["echo a # \u202e cba", "ls # \u2066 src"],
  passes: ["echo 'שלום'", "grep -c 'مرحبا' README.md"],
};
