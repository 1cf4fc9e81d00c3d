import type { Check } from "./check.ts";

export const secondParser: Check = {
  id: 13,
  name: "second-parser",
  class: "Q36",
  family: "parsing",
  title: "Two parsers that disagree",
  sees: "a text in which a second parser sees other commands or other words",
  reference: "unbash, README: Unsupported syntax; mvdan.cc/sh/v3/syntax",
  fires: ["echo `echo \\`pwd\\``", "ls 2>&1>/dev/null"],
  passes: ["echo \"a'b\" 'c\"d'", 'echo \\\'a\\\' "b\\"c"'],
};
