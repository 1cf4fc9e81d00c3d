import type { Check } from "./check.ts";

export const invisible: Check = {
  id: 4,
  name: "invisible",
  class: "U31",
  family: "characters",
  title: "Invisible characters",
  sees: "format characters, default-ignorable ones, fillers, tag characters",
  reference: "Unicode TR36; CVE-2021-42574",
  fires: ["echo a\u200bb", "cat README.md\u2060", "grep -c x\u00ad README.md"],
  passes: ["echo 'emoji 👩\u200d💻 ok'", "echo 'naïve'"],
};
