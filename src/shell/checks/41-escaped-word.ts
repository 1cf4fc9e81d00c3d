import type { Check } from "./check.ts";

export const escapedWord: Check = {
  id: 41,
  name: "escaped-word",
  class: "C18",
  family: "quoting",
  title: "Names written in escapes",
  sees: "`$'…'` in a command's name or an option's",
  reference: "bash(1), QUOTING",
  fires: ["$'\\x6cs'", "$'\\164ouch' CANARY", "sort $'\\x2do' CANARY README.md", "ls $'\\x2dl'"],
  passes: ["echo $'a\\tb'", "grep $'\\t' README.md"],
};
