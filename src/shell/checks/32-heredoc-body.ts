import type { Check } from "./check.ts";

export const heredocBody: Check = {
  id: 32,
  name: "heredoc-body",
  class: "H23",
  family: "substitution",
  title: "Substitution in here-documents",
  sees: "scripts in the body, when its delimiter is not quoted",
  reference: "bash(1), Here Documents",
  fires: ["cat <<E\n$(touch CANARY)\nE", "cat <<E\n`touch CANARY`\nE"],
  passes: ["cat <<'E'\n$(touch CANARY)\nE", "cat <<E\n$(pwd)\nE"],
};
