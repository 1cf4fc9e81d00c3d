import type { Check } from "./check.ts";

export const pipedInterpreter: Check = {
  id: 54,
  name: "piped-interpreter",
  class: "C11",
  family: "programs",
  title: "Interpreters in a pipeline",
  sees: "an interpreter that is given its program by a pipe",
  reference: "GuardFall (Adversa, 2026); bash(1), Pipelines",
  fires: ["echo 'print(1)' | python3", "printf 'open X, \">CANARY\"' | perl"],
  passes: ["echo bash | wc -c", "cat README.md | head -1"],
};
