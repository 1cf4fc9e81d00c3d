import type { Check } from "./check.ts";

export const brace: Check = {
  id: 37,
  name: "brace",
  class: "C17",
  family: "expansion",
  title: "Brace expansion",
  sees: "commands and options that are made by braces",
  reference: "bash(1), Brace Expansion",
  fires: ["{ls,-l}", "{git,diff,--output=CANARY}", "sort {-o,CANARY} README.md"],
  passes: ["echo {a,b}", "cat {README,CHANGELOG}.md", "echo '{a,b}'"],
};
