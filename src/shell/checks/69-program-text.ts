import type { Check } from "./check.ts";

export const programText: Check = {
  id: 69,
  name: "program-text",
  class: "O49",
  family: "options",
  title: "Programs in arguments",
  sees: "sed, awk and jq texts that run, write or read elsewhere",
  reference: "CVE-2025-64755; CVE-2026-25723; GTFOBins (sed, awk)",
  fires: ["sed '1e touch CANARY' README.md", "awk 'BEGIN{system(\"touch CANARY\")}'", "sed 'w CANARY' README.md"],
  passes: ["sed -n '1,5p' README.md", "awk '{print $1}' README.md"],
};
