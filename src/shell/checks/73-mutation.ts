import type { Check } from "./check.ts";

export const mutation: Check = {
  id: 73,
  name: "mutation",
  class: "X59",
  family: "effects",
  title: "Changes",
  sees: "programs that change files, history or the system",
  reference: "POSIX, Utilities",
  fires: ["touch CANARY", "rm -r src", "git commit -m x", "chmod +x README.md"],
  passes: ["ls", "git log -1"],
};
