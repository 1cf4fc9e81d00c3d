import type { Check } from "./check.ts";

export const variableCommand: Check = {
  id: 46,
  name: "variable-command",
  class: "C14",
  family: "variables",
  title: "Variables as commands and options",
  sees: "a word that is known only when it runs, where it decides what runs",
  reference: "bash(1), SIMPLE COMMAND EXPANSION",
  fires: ["$(echo touch) CANARY", "x=$(cat README.md); sort $x", 'sort "$UNKNOWN"'],
  passes: ["x=ls; $x", 'echo "$UNKNOWN"', "sort -- README.md"],
};
