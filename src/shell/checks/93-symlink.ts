import type { Check } from "./check.ts";

export const symlink: Check = {
  id: 93,
  name: "symlink",
  class: "P53",
  family: "paths",
  title: "Links that lead out",
  sees: "a path inside whose target is outside: judged on the disk",
  reference: "CVE-2026-39861",
  fires: ["cat linkout/secret.txt", "head notes-link.txt"],
  passes: ["cat README.md", "ls src"],
  stage: "disk",
};
