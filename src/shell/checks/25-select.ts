import type { Check } from "./check.ts";

export const select: Check = {
  id: 25,
  name: "select",
  class: "C06",
  family: "structure",
  title: "Select",
  sees: "a loop that waits for a person",
  reference: "bash(1), Compound Commands (select)",
  fires: ["select x in a; do ls; break; done <<< 1", "select x in a; do touch CANARY; break; done <<< 1"],
  passes: ["echo select", "for x in a; do echo $x; done"],
};
