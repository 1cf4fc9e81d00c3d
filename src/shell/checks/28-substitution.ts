import type { Check } from "./check.ts";

export const substitution: Check = {
  id: 28,
  name: "substitution",
  class: "C02",
  family: "substitution",
  title: "Command substitution",
  sees: "the script in `$( )`, wherever it stands",
  reference: "CVE-2026-35020; bash(1), Command Substitution",
  fires: ["echo $(touch CANARY)", 'echo "a $(touch CANARY) b"', 'echo "$(echo "$(touch CANARY)")"'],
  passes: ["echo $(pwd)", 'echo "$(ls | wc -l) files"', "echo '$(touch CANARY)'"],
};
