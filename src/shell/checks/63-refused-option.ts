import type { Check } from "./check.ts";

export const refusedOption: Check = {
  id: 63,
  name: "refused-option",
  class: "O44",
  family: "options",
  title: "Options that are not followed",
  sees: "known options whose effect depends on what nobody sees here",
  reference: "the programs' manuals",
  fires: ["md5sum -c README.md", "date -f README.md", "wc --files0-from=README.md"],
  passes: ["ls -la"],
};
