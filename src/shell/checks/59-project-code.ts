import type { Check } from "./check.ts";

export const projectCode: Check = {
  id: 59,
  name: "project-code",
  class: "X58",
  family: "programs",
  title: "Code of the project",
  sees: "test runners, build tools, package scripts",
  reference: "npm-run-script(1)",
  fires: ["npm test", "make", "pytest"],
  passes: ["npm --version", "make --version"],
};
