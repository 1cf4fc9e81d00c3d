import type { Check } from "./check.ts";

export const abbreviatedOption: Check = {
  id: 65,
  name: "abbreviated-option",
  class: "O46",
  family: "options",
  title: "Abbreviated options",
  sees: "a long option that is not written out",
  reference: "getopt_long(3); git(1), parse-options",
  fires: ["sort --out=CANARY README.md", "git grep --open-files=./x TODO", "ls --al"],
  passes: ["ls --color=auto", "ls --all"],
};
