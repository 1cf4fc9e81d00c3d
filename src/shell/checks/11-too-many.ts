import type { Check } from "./check.ts";

export const tooMany: Check = {
  id: 11,
  name: "too-many",
  class: "C12",
  family: "size",
  title: "Number of commands",
  sees: "more than 50 commands",
  reference: "CmdNeedle, arXiv 2606.15549",
  fires: ["true;".repeat(60), `${"true;".repeat(70)} touch CANARY`],
  passes: ["true;".repeat(40)],
};
