import type { Check } from "./check.ts";

export const lines: Check = {
  id: 16,
  name: "lines",
  class: "C04",
  family: "structure",
  title: "Further lines",
  sees: "every command on a line of its own",
  reference: "bash(1), Lists",
  fires: ["ls\ntouch CANARY", "echo a # b\ntouch CANARY", "cat README.md #'\ntouch CANARY #'"],
  passes: ["ls\npwd", "echo a # touch CANARY\nls"],
};
