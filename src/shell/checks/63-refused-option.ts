import type { Check } from "./check.ts";

export const refusedOption: Check = {
  id: 63,
  name: "refused-option",
  class: "O44",
  family: "options",
  title: "Options that are not followed",
  sees: "known options whose effect depends on what nobody sees here",
  reference: "the programs' manuals",
  fires: ["ls --hyperlink=auto --zzz", "@REFUSED@"],
  passes: ["ls -la"],
};
