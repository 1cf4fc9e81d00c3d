import type { Check } from "./check.ts";

export const functionCheck: Check = {
  id: 26,
  name: "function",
  class: "C07",
  family: "structure",
  title: "Functions",
  sees: "a name that is given a new meaning",
  reference: "CVE-2014-6271 family; bash(1), FUNCTIONS",
  fires: ["ls() { touch CANARY; }; ls", "function pwd { touch CANARY; }; pwd"],
  passes: ["echo 'ls() { x; }'", "grep -n 'function' README.md"],
};
