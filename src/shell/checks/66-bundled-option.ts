import type { Check } from "./check.ts";

export const bundledOption: Check = {
  id: 66,
  name: "bundled-option",
  class: "O47",
  family: "options",
  title: "Bundled options",
  sees: "an option that does harm behind harmless ones in one word",
  reference: "CVE-2025-66032; POSIX, Utility Conventions",
  fires: ["sort -uo CANARY README.md", "sed -nibak p README.md"],
  passes: ["ls -la", "sort -ru README.md"],
};
