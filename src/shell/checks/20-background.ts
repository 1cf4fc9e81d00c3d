import type { Check } from "./check.ts";

export const background: Check = {
  id: 20,
  name: "background",
  class: "C05",
  family: "structure",
  title: "Commands behind `&`",
  sees: "what follows a command in the background",
  reference: "bash(1), Lists",
  fires: ["ls & touch CANARY", "true & rm -r src"],
  passes: ["ls & wait", "true & pwd"],
};
