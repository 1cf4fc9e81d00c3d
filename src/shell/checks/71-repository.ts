import type { Check } from "./check.ts";

export const repository: Check = {
  id: 71,
  name: "repository",
  class: "P52",
  family: "git",
  title: "Repositories inside the project",
  sees: "git in a folder whose settings somebody else wrote: judged on the disk",
  reference: "CVE-2022-24765; git-config(1), safe.bareRepository",
  fires: ["cd vendor/nested && git status", "git -C vendor/nested status"],
  passes: ["git status", "git log -1"],
  stage: "disk",
};
