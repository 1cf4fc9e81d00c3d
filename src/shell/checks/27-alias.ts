import type { Check } from "./check.ts";

export const alias: Check = {
  id: 27,
  name: "alias",
  class: "C07",
  family: "structure",
  title: "Aliases",
  sees: "alias and unalias",
  reference: "bash(1), ALIASES",
  fires: ["alias ls='touch CANARY'", "shopt -s expand_aliases; alias ls='touch CANARY'\nls", "unalias -a"],
  passes: ["echo alias", "type ls"],
};
