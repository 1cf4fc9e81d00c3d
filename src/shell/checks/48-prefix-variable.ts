import type { Check } from "./check.ts";

export const prefixVariable: Check = {
  id: 48,
  name: "prefix-variable",
  class: "O50",
  family: "variables",
  title: "Variables for one command",
  sees: "anything before a command but names and values on a list",
  reference: "CVE-2026-22708; git(1), Environment Variables",
  fires: ["GIT_TRACE2_EVENT=$PWD/CANARY git log -1", "LD_PRELOAD=./x.so ls", "LESSOPEN='|touch CANARY' ls"],
  passes: ["LC_ALL=C sort README.md", "TZ=UTC date", "NO_COLOR=1 ls"],
};
