import type { Check } from "./check.ts";

export const unknownOption: Check = {
  id: 67,
  name: "unknown-option",
  class: "O44",
  family: "options",
  title: "Options that no table lists",
  sees: "every other option, and operands beyond those that are known",
  reference: "fail closed: gemini-cli pull request 25935",
  fires: ["ls --zzz", "wc -Z README.md"],
  passes: ["ls --color=never", "wc -l README.md"],
};
