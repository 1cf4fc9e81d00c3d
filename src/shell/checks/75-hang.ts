import type { Check } from "./check.ts";

export const hang: Check = {
  id: 75,
  name: "hang",
  class: "R61",
  family: "effects",
  title: "Commands without an end",
  sees: "followers, servers, endless loops",
  reference: "tail(1) -f",
  fires: [
    "tail -f README.md",
    "while true; do ls; done",
    "i=5; while [ $i -gt 0 ]; do i=$((i + 1)); done",
    "until [ -e x ]; do ls; done",
    "for ((;;)); do ls; done",
    "yes",
  ],
  passes: ["tail -n 3 README.md", "while true; do break; done", "i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done"],
};
