import type { Check } from "./check.ts";

export const catastrophic: Check = {
  id: 74,
  name: "catastrophic",
  class: "X60",
  family: "effects",
  title: "Damage that can't be mended",
  sees: "removing whole trees, formatting, overwriting devices",
  reference: "rm(1), --preserve-root; mkfs(8); dd(1)",
  fires: ["rm -rf /", "mkfs.ext4 /dev/sda1", "dd if=/dev/zero of=/dev/sda"],
  passes: ["ls /dev/null", "echo 'rm -rf /'"],
};
