import type { Check } from "./check.ts";

export const privilege: Check = {
  id: 57,
  name: "privilege",
  class: "C10",
  family: "programs",
  title: "Other rights",
  sees: "sudo, su, doas and their like",
  reference: "sudo(8)",
  fires: ["sudo ls", "su -c ls"],
  passes: ["echo sudo", "id"],
};
