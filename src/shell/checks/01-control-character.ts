import type { Check } from "./check.ts";

export const controlCharacter: Check = {
  id: 1,
  name: "control-character",
  class: "U34",
  family: "characters",
  title: "Control characters",
  sees: "any control character but tab and line feed",
  reference: "Trojan Source, CVE-2021-42574; ECMA-48 (terminal sequences)",
  fires: ["echo \u001b[2Kdone", "grep -c a README.md \u007f"],
  passes: ["printf 'a\\tb\\n'", "echo 'a\tb'"],
};
