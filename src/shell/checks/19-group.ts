import type { Check } from "./check.ts";

export const group: Check = {
  id: 19,
  name: "group",
  class: "C12",
  family: "structure",
  title: "Groups and subshells",
  sees: "every command in braces and parentheses",
  reference: "bash(1), Compound Commands",
  fires: ["{ touch CANARY; }", "(touch CANARY)", "( cd src; touch CANARY )"],
  passes: ["{ ls; pwd; }", "(cd src && ls)"],
};
