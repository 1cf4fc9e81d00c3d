import type { Check } from "./check.ts";

export const shellOption: Check = {
  id: 51,
  name: "shell-option",
  class: "C08",
  family: "variables",
  title: "Options of the shell",
  sees: "set and shopt, but for what stops a script early and what patterns match",
  reference: "bash(1), SHELL BUILTIN COMMANDS (set, shopt)",
  fires: ["set -a; X=1; ls", "shopt -s extglob; ls", "set -- -o CANARY; ls"],
  passes: ["set -euo pipefail; ls", "shopt -s nullglob; ls"],
};
