import type { Check } from "./check.ts";

export const heredocInterpreter: Check = {
  id: 55,
  name: "heredoc-interpreter",
  class: "H25",
  family: "programs",
  title: "Interpreters with a here-document",
  sees: "an interpreter that is given its program as text",
  reference: "GuardFall (Adversa, 2026); bash(1), Here Documents",
  fires: ["python3 <<'E'\nprint(1)\nE", "perl <<< 'print 1'"],
  passes: ["cat <<'E'\nprint(1)\nE", "grep -c x <<< 'x'"],
};
