import type { Check } from "./check.ts";

export const zshEquals: Check = {
  id: 84,
  name: "zsh-equals",
  class: "Z37",
  family: "zsh",
  title: "`=name`",
  sees: "a word that zsh replaces by a program's path",
  reference: "zshexpn(1), `=' expansion",
  fires: ["echo =ls", "=touch CANARY"],
  passes: ["echo a=b", "[ a = b ]", "test x == x"],
};
