import type { Check } from "./check.ts";

export const processOutput: Check = {
  id: 31,
  name: "process-output",
  class: "C03",
  family: "substitution",
  title: "Process substitution, written to",
  sees: "a script that is fed by `>( )`",
  reference: "bash(1), Process Substitution",
  fires: ["ls 2> >(touch CANARY)", "cat README.md >(cat)"],
  passes: ["echo '>(x)'", "ls 2>&1"],
};
