import type { Check } from "./check.ts";

export const projectProgram: Check = {
  id: 58,
  name: "project-program",
  class: "P55",
  family: "programs",
  title: "Programs by their path",
  sees: "a name with a slash: its last part says nothing",
  reference: "codex issue 31753; opencode issue 39931",
  fires: ["./node_modules/.bin/lint", "tools/ls", "/usr/bin/git log"],
  passes: ["ls ./src", "type ls"],
};
