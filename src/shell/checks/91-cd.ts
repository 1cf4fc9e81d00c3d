import type { Check } from "./check.ts";

export const cd: Check = {
  id: 91,
  name: "cd",
  class: "P52",
  family: "paths",
  title: "Working folders that are lost",
  sees: "cd to what is known only when it runs",
  reference: "CVE-2026-25722",
  fires: ['cd "$UNKNOWN" && ls', "cd - && ls", "popd; ls"],
  passes: ["cd src && ls", "cd src; cd ..; ls"],
};
