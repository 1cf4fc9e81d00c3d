import type { Check } from "./check.ts";

export const coproc: Check = {
  id: 21,
  name: "coproc",
  class: "C05",
  family: "structure",
  title: "Coprocesses",
  sees: "a command with pipes that outlives its line",
  reference: "bash(1), Coprocesses",
  fires: ["coproc touch CANARY", "coproc X { touch CANARY; }"],
  passes: ["echo coproc", "grep -c coproc README.md"],
};
