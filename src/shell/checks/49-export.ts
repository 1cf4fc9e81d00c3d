import type { Check } from "./check.ts";

export const exportCheck: Check = {
  id: 49,
  name: "export",
  class: "O51",
  family: "variables",
  title: "Variables for all later commands",
  sees: "export, declare, typeset, local, readonly",
  reference: "CVE-2026-22708",
  fires: ["export GIT_TRACE=$PWD/CANARY; git log -1", "declare -x LD_PRELOAD=./x.so; ls", "export PATH=tools; ls"],
  passes: ["export LC_ALL=C; sort README.md", "echo export"],
};
