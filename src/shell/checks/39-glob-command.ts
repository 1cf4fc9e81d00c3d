import type { Check } from "./check.ts";

export const globCommand: Check = {
  id: 39,
  name: "glob-command",
  class: "C19",
  family: "expansion",
  title: "Patterns as a command",
  sees: "a name that files decide",
  reference: "bash(1), Pathname Expansion",
  fires: ["sr? README.md", "./s* x"],
  passes: ["ls s*", "echo s?c"],
};
