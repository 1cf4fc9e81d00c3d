import type { Check } from "./check.ts";

export const writeOption: Check = {
  id: 62,
  name: "write-option",
  class: "O45",
  family: "options",
  title: "Options and operands that write",
  sees: "of programs that otherwise read",
  reference: "CVE-2025-64755; GTFOBins (file write)",
  fires: ["sort -o CANARY README.md", "uniq README.md CANARY", "git diff --output=CANARY"],
  passes: ["sort README.md", "uniq README.md", "git diff --stat"],
};
