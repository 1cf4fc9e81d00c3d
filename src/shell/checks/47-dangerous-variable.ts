import type { Check } from "./check.ts";

export const dangerousVariable: Check = {
  id: 47,
  name: "dangerous-variable",
  class: "O51",
  family: "variables",
  title: "Variables that change later commands",
  sees: "PATH, IFS, BASH_ENV, GIT_*, LD_* and others, set by an assignment, a loop or `read`",
  reference: "CVE-2026-22708",
  fires: ["PATH=$PWD/tools; ls", "for PATH in tools; do ls; done", "read -r PATH <<< tools; ls"],
  passes: ["n=3; echo $n", "for f in a b; do echo $f; done"],
};
