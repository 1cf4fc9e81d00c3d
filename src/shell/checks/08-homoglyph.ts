import type { Check } from "./check.ts";

export const homoglyph: Check = {
  id: 8,
  name: "homoglyph",
  class: "U30",
  family: "characters",
  title: "Look-alike letters in names",
  sees: "anything but ASCII in a command's name or in an option's",
  reference: "Unicode TR39; CVE-2021-42694",
  fires: ["lѕ src", "ls -а src", "grep --сount x README.md"],
  passes: ["echo 'pаth'", "grep -c 'é' README.md"],
};
