import type { Check } from "./check.ts";

export const outside: Check = {
  id: 92,
  name: "outside",
  class: "P54",
  family: "paths",
  title: "Files outside the project",
  sees: "every path that leads out, by name or by a link: judged on the disk",
  reference: "CVE-2026-25724; CVE-2026-39861",
  fires: ["cat ../outside/secret.txt", "cd .. && cat outside/secret.txt", "grep -r x ~"],
  passes: ["cat src/../README.md", "cd src && cat ../README.md"],
  stage: "disk",
};
