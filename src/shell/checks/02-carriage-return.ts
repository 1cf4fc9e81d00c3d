import type { Check } from "./check.ts";

export const carriageReturn: Check = {
  id: 2,
  name: "carriage-return",
  class: "C04",
  family: "characters",
  title: "Carriage return",
  sees: "a carriage return: no separator for bash, a line's start for a terminal",
  reference: "CVE-2021-42574 (shown is not what runs); bash(1), DEFINITIONS (metacharacters)",
  fires: ["echo one\recho two", "ls src\r"],
  passes: ["printf 'a\\r\\n'", "echo one\necho two"],
};
