import type { Check } from "./check.ts";

export const listOption: Check = {
  id: 64,
  name: "list-option",
  class: "P54",
  family: "options",
  title: "Files that name further files",
  sees: "options that take names or options from a file",
  reference: "coreutils manual, --files0-from",
  fires: ["git grep -f README.md", "git grep -f ../outside/secret.txt"],
  passes: ["wc -l README.md", "grep -f README.md CHANGELOG.md"],
};
