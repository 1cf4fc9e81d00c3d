import type { Check } from "./check.ts";

export const prompt: Check = {
  id: 34,
  name: "prompt",
  class: "C15",
  family: "expansion",
  title: "Prompt expansion",
  sees: "`${x@P}`, and PS4 for a command",
  reference: "bash(1), PROMPTING",
  fires: ["x='$(touch CANARY)'; echo ${x@P}", "PS4='$(touch CANARY)' ls"],
  passes: ["x=a; echo ${x@Q}", "echo '${x@P}'"],
};
