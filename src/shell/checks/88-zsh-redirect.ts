import type { Check } from "./check.ts";

export const zshRedirect: Check = {
  id: 88,
  name: "zsh-redirect",
  class: "Z41",
  family: "zsh",
  title: "Redirections without a command",
  sees: "zsh runs a command of its own",
  reference: "CVE-2026-24053; zshmisc(1), REDIRECTION",
  fires: ["< README.md", "> /dev/null"],
  passes: ["cat < README.md", "ls > /dev/null"],
};
