import type { Check } from "./check.ts";

export const heredocFile: Check = {
  id: 83,
  name: "heredoc-file",
  class: "H26",
  family: "heredocs",
  title: "Here-documents into files",
  sees: "a body that becomes a file",
  reference: "opencode issue 42436",
  fires: ["cat > CANARY <<'E'\nx\nE", "cat <<'E' >> CANARY\nx\nE"],
  passes: ["cat <<'E'\n> CANARY\nE", "cat > /dev/null <<'E'\nx\nE"],
};
