import type { Check } from "./check.ts";

export const output: Check = {
  id: 77,
  name: "output",
  class: "D27",
  family: "redirection",
  title: "Output to files",
  sees: "every output operator but to /dev/null and to open files",
  reference: "opencode issue 42436; CVE-2026-24053",
  fires: ["ls > CANARY", "ls >> CANARY", "ls >| CANARY", "ls &> CANARY", "ls >& CANARY", "ls <> CANARY", "echo x>CANARY"],
  passes: ["ls > /dev/null", "ls 2>&1", "ls >&2", "echo '> CANARY'"],
};
