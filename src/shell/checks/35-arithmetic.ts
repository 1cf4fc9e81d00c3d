import type { Check } from "./check.ts";

export const arithmetic: Check = {
  id: 35,
  name: "arithmetic",
  class: "C16",
  family: "expansion",
  title: "Arithmetic",
  sees: "what is evaluated and not known to be a number",
  reference: "gemini-cli pull request 25935; bash(1), ARITHMETIC EVALUATION",
  fires: [
    "x='a[$(touch CANARY)]'; echo $((x))",
    "x='a[$(touch CANARY)]'; [[ x -eq 1 ]]",
    "x='a[$(touch CANARY)]'; echo ${PWD:x}",
    "let 'x=a[$(touch CANARY)]'",
  ],
  passes: ["echo $((1 + 2))", "n=3; echo $((n * 2))", "echo ${PWD:0:3}"],
};
