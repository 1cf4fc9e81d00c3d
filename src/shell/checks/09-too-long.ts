import type { Check } from "./check.ts";

export const tooLong: Check = {
  id: 9,
  name: "too-long",
  class: "C12",
  family: "size",
  title: "Length",
  sees: "a text of more than 8192 characters",
  reference: "CmdNeedle, arXiv 2606.15549 (checks that look at a part of a text)",
  fires: [`echo ${"a".repeat(9000)}`, `true; echo '${"b".repeat(9000)}'`],
  passes: [`echo ${"a".repeat(4000)}`],
};
