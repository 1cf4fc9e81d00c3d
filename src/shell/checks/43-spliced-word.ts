import type { Check } from "./check.ts";

export const splicedWord: Check = {
  id: 43,
  name: "spliced-word",
  class: "C20",
  family: "quoting",
  title: "Names put together from pieces",
  sees: "quotes and backslashes inside a command's name or an option's",
  reference: "bash(1), QUOTING; GuardFall (2026)",
  fires: ["l's'", "\\l\\s", "t''ouch CANARY", "s''ort -''o CANARY README.md", "sort -'o' CANARY README.md"],
  passes: ["'ls'", "\\ls", "grep -F'x' README.md", "grep --include='*.md' -r x src"],
};
