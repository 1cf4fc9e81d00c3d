import type { Check } from "./check.ts";

export const projectProgram: Check = {
  id: 58,
  name: "project-program",
  class: "P55",
  family: "programs",
  title: "Programs by their path",
  sees: "a name with a slash: its last part says nothing",
  reference: "opencode issue 42436 (programs of the working folder)",
  fires: ["./node_modules/.bin/lint", "tools/ls", "/usr/bin/git log"],
  passes: ["ls ./src", "type ls"],
};
