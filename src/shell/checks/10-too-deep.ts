import type { Check } from "./check.ts";

export const tooDeep: Check = {
  id: 10,
  name: "too-deep",
  class: "C12",
  family: "size",
  title: "Nesting",
  sees: "more than 16 levels",
  reference: "arXiv 2606.15549 (CmdNeedle)",
  fires: [`${"( ".repeat(20)}ls${" )".repeat(20)}`, `${"{ ".repeat(60)}touch CANARY${"; }".repeat(60)}`],
  passes: ["( ( ( ls ) ) )", "{ { { ls; }; }; }"],
};
