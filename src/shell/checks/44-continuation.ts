import type { Check } from "./check.ts";

export const continuation: Check = {
  id: 44,
  name: "continuation",
  class: "C04",
  family: "quoting",
  title: "Names that go on in another line",
  sees: "a backslash and a line feed inside a command's name or an option's",
  reference: "bash(1), QUOTING (line continuation)",
  fires: ["l\\\ns", "find . -na\\\nme x", "find . -ex\\\nec touch CANARY \\;"],
  passes: ["ls \\\n  src", "grep -c x \\\n README.md"],
};
