import type { Check } from "./check.ts";

export const zshQualifier: Check = {
  id: 86,
  name: "zsh-qualifier",
  class: "Z39",
  family: "zsh",
  title: "Qualifiers of patterns",
  sees: "parentheses behind a pattern",
  reference: "zshexpn(1), Glob Qualifiers",
  fires: ["echo *(.)", "echo README*(e)"],
  passes: ["echo *.md", "echo '*(.)'"],
};
