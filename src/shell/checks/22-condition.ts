import type { Check } from "./check.ts";

export const condition: Check = {
  id: 22,
  name: "condition",
  class: "C06",
  family: "structure",
  title: "If",
  sees: "every branch and every condition",
  reference: "bash(1), Compound Commands (if)",
  fires: ["if ls; then touch CANARY; fi", "if false; then ls; else touch CANARY; fi"],
  passes: ["if test -f README.md; then wc -l README.md; fi", "if true; then ls; else pwd; fi"],
};
