import type { Check } from "./check.ts";

export const evalBuiltin: Check = {
  id: 52,
  name: "eval-builtin",
  class: "C08",
  family: "programs",
  title: "Bash's own commands that run text",
  sees: "eval, source, trap, exec, mapfile, hash and every other builtin that is not listed",
  reference: "CVE-2026-22708; NomShub",
  fires: ["eval 'touch CANARY'", "trap 'touch CANARY' EXIT", "hash -p tools/ls ls", "enable -f x.so y", "mapfile -C 'touch CANARY' -c 1 < README.md"],
  passes: ["type ls", "command -v ls", "jobs", "times"],
};
