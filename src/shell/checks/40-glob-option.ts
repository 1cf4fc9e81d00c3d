import type { Check } from "./check.ts";

export const globOption: Check = {
  id: 40,
  name: "glob-option",
  class: "C19",
  family: "expansion",
  title: "Patterns that may become options",
  sees: "a file named like an option, given to a program: looked for on the disk where files are read, asked about elsewhere",
  reference: '"Back To The Future: Unix Wildcards Gone Wild" (2014)',
  fires: ["sort -t * README.md", "rg -e * src", "git log --author *"],
  passes: ["sort ./*", "sort -- *", "sort *", "git diff -- *", "echo *", "wc -l src/*"],
};
