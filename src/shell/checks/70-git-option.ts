import type { Check } from "./check.ts";

export const gitOption: Check = {
  id: 70,
  name: "git-option",
  class: "O48",
  family: "git",
  title: "Options and settings of git",
  sees: "`-c`, `--exec-path`, aliases and what else makes git run programs",
  reference: "codex issue 31753; git(1)",
  fires: ["git -c core.pager=./x log", "git -c alias.x='!touch CANARY' x"],
  passes: ["git --no-pager log -1", "git log --oneline"],
};
