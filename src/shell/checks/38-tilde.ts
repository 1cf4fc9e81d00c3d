import type { Check } from "./check.ts";

export const tilde: Check = {
  id: 38,
  name: "tilde",
  class: "P54",
  family: "expansion",
  title: "Other people's home folders",
  sees: "`~name`, `~-`, `~2`",
  reference: "bash(1), Tilde Expansion",
  fires: ["echo ~root", "ls ~-"],
  passes: ["echo '~root'", "echo a~b"],
};
