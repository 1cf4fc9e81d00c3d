import type { Check } from "./check.ts";

export const syntaxError: Check = {
  id: 12,
  name: "syntax-error",
  class: "Q36",
  family: "parsing",
  title: "Text that bash would not understand",
  sees: "any error of the parser, in inner scripts too: bash runs the lines before it",
  reference: "gemini-cli pull request 15006 (a parse failure was let through)",
  fires: ["ls; )", "echo a\nfi", "echo $(ls"],
  passes: ["echo ')'", "echo 'fi'"],
};
