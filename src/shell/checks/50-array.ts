import type { Check } from "./check.ts";

export const array: Check = {
  id: 50,
  name: "array",
  class: "Z43",
  family: "variables",
  title: "Arrays",
  sees: "assignments to subscripts and lists: zsh keeps functions and commands in some",
  reference: "zshmodules(1), zsh/parameter",
  fires: ["functions[ls]='touch CANARY'; ls", "a[0]=ls; $a", "read -a a <<< 'b c'"],
  passes: ["a=1; echo $a", "echo 'a=(1)'"],
};
