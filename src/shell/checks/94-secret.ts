import type { Check } from "./check.ts";

export const secret: Check = {
  id: 94,
  name: "secret",
  class: "P56",
  family: "paths",
  title: "Secret files",
  sees: "environment files, keys, credentials, after patterns are expanded: judged on the disk",
  reference: "CVE-2025-55284",
  fires: ["cat .env", "head ./.en*", "cat < .env"],
  passes: ["cat .env.example", "ls -a"],
  stage: "disk",
};
