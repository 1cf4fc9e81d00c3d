// Bash's own commands that change nothing: bash(1), SHELL BUILTIN COMMANDS. Those that change the shell stand in ../builtins.ts.
import type { Program } from "./program.ts";

export const builtins: readonly Program[] = [
  // `echo` knows -n, -e, -E and prints every other word.
  { names: "echo", style: "none" },
  { names: "true false : times", style: "none" },
  { names: "pwd", style: "posix", flags: "-L -P", operands: [] },
];
