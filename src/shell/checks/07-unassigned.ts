import type { Check } from "./check.ts";

export const unassigned: Check = {
  id: 7,
  name: "unassigned",
  class: "U31",
  family: "characters",
  title: "Characters without a meaning",
  sees: "private use and unassigned code points",
  reference: "Unicode TR36",
  fires: ["echo '\ue000'", "grep '\u{f0000}' README.md"],
  passes: ["echo '→ ✓'", "grep 'é' README.md"],
};
