import type { Check } from "./check.ts";

export const keyword: Check = {
  id: 18,
  name: "keyword",
  class: "C01",
  family: "structure",
  title: "`time` and `!`",
  sees: "the command that they stand before",
  reference: "bash(1), Pipelines (time, !)",
  fires: ["time touch CANARY", "! touch CANARY", "time -p touch CANARY"],
  passes: ["time ls", "! grep -q zzz README.md"],
};
