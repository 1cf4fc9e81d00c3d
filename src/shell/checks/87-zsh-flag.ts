import type { Check } from "./check.ts";

export const zshFlag: Check = {
  id: 87,
  name: "zsh-flag",
  class: "Z40",
  family: "zsh",
  title: "Flags of expansions",
  sees: "`${(…)x}`, `$=x`, `$~x`",
  reference: "zshexpn(1), Parameter Expansion Flags",
  fires: ["echo $=x", "echo ${(e)x}", "echo $~x"],
  passes: ["echo ${x}", "echo '$=x'"],
};
