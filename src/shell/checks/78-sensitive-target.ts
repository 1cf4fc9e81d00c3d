import type { Check } from "./check.ts";

export const sensitiveTarget: Check = {
  id: 78,
  name: "sensitive-target",
  class: "D28",
  family: "redirection",
  title: "Output to files that others run",
  sees: "start-up files, git's own folder, editor and CI settings",
  reference: "CVE-2026-25725",
  fires: ["echo x >> ~/.bashrc", "echo x > .git/hooks/pre-commit", "echo x > .envrc"],
  passes: ["cat .gitignore", "grep x .github/workflows/ci.yml"],
};
