import type { Check } from "./check.ts";

export const interpreter: Check = {
  id: 53,
  name: "interpreter",
  class: "C09",
  family: "programs",
  title: "Interpreters",
  sees: "programs that run what they are given, but for the forms that say their version",
  reference: "CmdNeedle, arXiv 2606.15549",
  fires: ['python3 -c \'open("CANARY","w")\'', "perl -e 'open X, \">CANARY\"'", "node -e 'x'"],
  passes: ["python3 --version", "node --version", "perl -v"],
};
