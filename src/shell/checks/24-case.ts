import type { Check } from "./check.ts";

export const caseCheck: Check = {
  id: 24,
  name: "case",
  class: "C06",
  family: "structure",
  title: "Case",
  sees: "the commands of every pattern",
  reference: "bash(1), Compound Commands (case)",
  fires: ["case a in a) touch CANARY;; esac", "case a in b) ls;; *) touch CANARY; esac"],
  passes: ["case a in a) ls;; esac", "case README.md in *.md) echo doc;; *) echo other;; esac"],
};
