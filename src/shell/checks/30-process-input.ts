import type { Check } from "./check.ts";

export const processInput: Check = {
  id: 30,
  name: "process-input",
  class: "C03",
  family: "substitution",
  title: "Process substitution, read from",
  sees: "the script in `<( )`",
  reference: "bash(1), Process Substitution",
  fires: ["cat <(touch CANARY)", "wc -l < <(touch CANARY)"],
  passes: ["cat <(ls)", "diff <(sort README.md) <(sort CHANGELOG.md)"],
};
