import type { Check } from "./check.ts";

export const pipeline: Check = {
  id: 17,
  name: "pipeline",
  class: "C11",
  family: "structure",
  title: "Pipelines",
  sees: "every command behind `|` and `|&`",
  reference: "bash(1), Pipelines",
  fires: ["ls | touch CANARY", "cat README.md |& tee CANARY"],
  passes: ["ls | wc -l", "cat README.md | head -3 | nl"],
};
