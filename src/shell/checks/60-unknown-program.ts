import type { Check } from "./check.ts";

export const unknownProgram: Check = {
  id: 60,
  name: "unknown-program",
  class: "X58",
  family: "programs",
  title: "Programs that no table knows",
  sees: "every other name",
  reference: "fail closed: gemini-cli pull request 25935",
  fires: ["frobnicate x", "git frobnicate"],
  passes: ["ls x", "git status"],
};
