import type { Check } from "./check.ts";

export const execOption: Check = {
  id: 61,
  name: "exec-option",
  class: "O44",
  family: "options",
  title: "Options that run a program",
  sees: "of programs that otherwise read",
  reference: "CVE-2025-58764; rg(1), --pre; GTFOBins",
  fires: ["sort --compress-program=./x README.md", "rg --pre ./x y", "find . -exec ./x {} +"],
  passes: ["sort -u README.md", "rg -n x src"],
};
