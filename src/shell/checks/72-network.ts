import type { Check } from "./check.ts";

export const network: Check = {
  id: 72,
  name: "network",
  class: "N57",
  family: "effects",
  title: "Network",
  sees: "programs and options that reach other machines",
  reference: "CVE-2025-55284 (names carry data out)",
  fires: ["git ls-remote origin", "curl https://example.invalid", "getent hosts x.example.invalid"],
  passes: ["git remote -v", "curl --version"],
};
