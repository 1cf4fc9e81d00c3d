import type { Check } from "./check.ts";

export const environment: Check = {
  id: 76,
  name: "environment",
  class: "O50",
  family: "effects",
  title: "The environment",
  sees: "programs that show or change it",
  reference: "env(1)",
  fires: ["env LD_PRELOAD=x ls", "env -S 'touch CANARY'"],
  passes: ["env --version", "env LC_ALL=C ls"],
};
