import type { Check } from "./check.ts";

export const device: Check = {
  id: 79,
  name: "device",
  class: "D29",
  family: "redirection",
  title: "Devices and targets that are computed",
  sees: "/dev/tcp, disks, names known only then",
  reference: "bash(1), REDIRECTION (/dev/tcp)",
  fires: ["cat < /dev/tcp/127.0.0.1/9", 'ls > "$(echo CANARY)"', "ls > $UNKNOWN"],
  passes: ["ls > /dev/stderr", "cat < /dev/null"],
};
