import type { Check } from "./check.ts";

export const descriptor: Check = {
  id: 80,
  name: "descriptor",
  class: "D27",
  family: "redirection",
  title: "Open files under other names",
  sees: "`{name}>`, and duplicates of what is not a number",
  reference: "bash(1), REDIRECTION",
  fires: ["ls {fd}> /dev/null", 'ls <& "$x"'],
  passes: ["ls 2>&1", "ls <&0"],
};
