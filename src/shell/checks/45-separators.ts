import type { Check } from "./check.ts";

export const separators: Check = {
  id: 45,
  name: "separators",
  class: "C13",
  family: "variables",
  title: "IFS",
  sees: "`$IFS` as a blank, and IFS set for a command",
  reference: "CVE-2025-66032; bash(1), Word Splitting",
  fires: ["echo a$IFS", "touch${IFS}CANARY", "IFS=x echo a"],
  passes: ['echo "$IFS"', 'while IFS= read -r x; do echo "$x"; done < README.md'],
};
