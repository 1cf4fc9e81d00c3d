import type { Check } from "./check.ts";

export const oddBlank: Check = {
  id: 5,
  name: "odd-blank",
  class: "U33",
  family: "characters",
  title: "Blanks that are none",
  sees: "spaces other than the space: bash takes them as parts of a word",
  reference: "bash(1), DEFINITIONS (blank)",
  fires: ["echo a\u00a0b", "ls\u3000src", "cat\u2003README.md"],
  passes: ["echo 'a b'", "ls\tsrc"],
};
