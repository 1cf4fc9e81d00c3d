import type { Check } from "./check.ts";

export const wrapper: Check = {
  id: 56,
  name: "wrapper",
  class: "C10",
  family: "programs",
  title: "Programs that run others",
  sees: "wrappers whose inner command is not followed",
  reference: "CmdNeedle, arXiv 2606.15549",
  fires: ["sudo -u x ls", "parallel ls ::: a", "setarch -R ls"],
  passes: ["env ls", "timeout 5 ls", "nice ls", "xargs --version"],
};
