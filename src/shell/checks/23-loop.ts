import type { Check } from "./check.ts";

export const loop: Check = {
  id: 23,
  name: "loop",
  class: "C06",
  family: "structure",
  title: "Loops",
  sees: "bodies of for, while and until",
  reference: "bash(1), Compound Commands (for, while)",
  fires: ["for x in a; do touch CANARY; done", "until touch CANARY; do ls; touch CANARY; done; true", "while ls; do touch CANARY; break; done"],
  passes: ["for i in 1 2 3; do echo $i; done", "until true; do ls; done"],
};
