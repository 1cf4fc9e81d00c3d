import type { Check } from "./check.ts";

export const inputFile: Check = {
  id: 81,
  name: "input-file",
  class: "P54",
  family: "redirection",
  title: "Input from files",
  sees: "the file behind `<`: what it is is judged on the disk",
  reference: "bash(1), REDIRECTION",
  fires: ["cat < ../outside/secret.txt", "wc -l < ~/.ssh/id_ed25519"],
  passes: ["wc -l < README.md", "cat < src/index.ts"],
  stage: "disk",
};
