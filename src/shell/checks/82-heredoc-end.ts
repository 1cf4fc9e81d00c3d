import type { Check } from "./check.ts";

export const heredocEnd: Check = {
  id: 82,
  name: "heredoc-end",
  class: "H24",
  family: "heredocs",
  title: "Delimiters of here-documents",
  sees: "delimiters that are not one plain word, or that never come",
  reference: "bash(1), Here Documents",
  fires: ["cat <<'E F'\nx\nE F", "cat <<E\nx", "cat <<$E\nx\n$E", "cat <<''\nx\n\n", "cat <<A <<B\nx\nA\ny\nB"],
  passes: ["cat <<'E'\nx\nE", "cat <<-E\n\tx\n\tE"],
};
