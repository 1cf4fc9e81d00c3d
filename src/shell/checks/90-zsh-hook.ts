import type { Check } from "./check.ts";

export const zshHook: Check = {
  id: 90,
  name: "zsh-hook",
  class: "Z43",
  family: "zsh",
  title: "Hooks of zsh",
  sees: "zstyle -e and other places that keep code",
  reference: "zshmodules(1), zsh/zutil",
  fires: ["zstyle -e ':a' b 'touch CANARY'", "add-zsh-hook precmd x"],
  passes: ["echo zstyle", "grep -c zstyle README.md"],
};
