import type { Check } from "./check.ts";

export const unknownPath: Check = {
  id: 68,
  name: "unknown-path",
  class: "P54",
  family: "options",
  title: "Files that are not known",
  sees: "an operand that decides what is read and is known only then",
  reference: "bash(1), Parameter Expansion",
  fires: ['cat "$UNKNOWN"', 'x=$(cat README.md); cat "$x"', "wc -l < $UNKNOWN"],
  passes: ['x=README.md; cat "$x"', 'for f in src/*; do cat "$f"; done'],
};
