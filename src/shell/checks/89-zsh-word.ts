import type { Check } from "./check.ts";

export const zshWord: Check = {
  id: 89,
  name: "zsh-word",
  class: "Z42",
  family: "zsh",
  title: "Words of zsh",
  sees: "noglob, repeat, always, short loops",
  reference: "zshmisc(1), RESERVED WORDS",
  fires: ["repeat 2 ls", "noglob ls", "autoload -Uz x"],
  passes: ["echo repeat", "grep -c noglob README.md"],
};
