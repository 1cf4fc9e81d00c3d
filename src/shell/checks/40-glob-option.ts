import type { Check } from "./check.ts";

export const globOption: Check = {
  id: 40,
  name: "glob-option",
  class: "C19",
  family: "expansion",
  title: "Patterns that may become options",
  sees: "a file named like an option, given to a program whose options do harm",
  reference: '"Back To The Future: Unix Wildcards Gone Wild" (2014)',
  fires: ["sort *", "git diff *", "sort $(ls)*"],
  passes: ["sort ./*", "sort -- *", "echo *", "wc -l src/*"],
};
