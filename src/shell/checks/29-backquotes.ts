import type { Check } from "./check.ts";

export const backquotes: Check = {
  id: 29,
  name: "backquotes",
  class: "C02",
  family: "substitution",
  title: "Backquotes",
  sees: "the script in backquotes, nested ones too",
  reference: "bash(1), Command Substitution",
  fires: ["echo `touch CANARY`", 'echo "`touch CANARY`"', "echo `echo \\`touch CANARY\\``"],
  passes: ["echo `pwd`", "echo '`touch CANARY`'"],
};
