import type { Check } from "./check.ts";

export const zshModule: Check = {
  id: 85,
  name: "zsh-module",
  class: "Z38",
  family: "zsh",
  title: "Modules of zsh",
  sees: "zmodload and what the modules bring",
  reference: "zshmodules(1)",
  fires: ["zmodload zsh/system", "zsocket -l CANARY", "zf_rm README.md"],
  passes: ["echo zmodload", "grep -c zmodload README.md"],
};
