import type { Check } from "./check.ts";

export const parameterCode: Check = {
  id: 33,
  name: "parameter-code",
  class: "C22",
  family: "expansion",
  title: "Expansions that do more than expand",
  sees: "`:=`, `${!x}` and operators that are not known",
  reference: "bash(1), Parameter Expansion",
  fires: ["echo ${x:=y}", "echo ${!x}", "x=y; echo ${!x}"],
  passes: ["echo ${x:-y}", "x=a.b; echo ${x%.b}", "echo ${#PWD}"],
};
