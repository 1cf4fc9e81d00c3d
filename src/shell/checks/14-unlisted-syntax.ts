import type { Check } from "./check.ts";

export const unlistedSyntax: Check = {
  id: 14,
  name: "unlisted-syntax",
  class: "C06",
  family: "parsing",
  title: "Syntax that is not listed",
  sees: "kinds of nodes, operators and patterns that nobody has judged",
  reference: "fail closed: gemini-cli pull request 25935",
  fires: ["echo @(a|b)", "# nothing", "echo ${ ls; }"],
  passes: ["echo 'a|b'", "echo $(ls)"],
};
