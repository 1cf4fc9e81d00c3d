import type { Check } from "./check.ts";

export const list: Check = {
  id: 15,
  name: "list",
  class: "C01",
  family: "structure",
  title: "Lists",
  sees: "every command behind `;`, `&&` and `||`",
  reference: "CVE-2025-54795; gemini-cli pull request 15006",
  fires: ["true && touch CANARY", "ls || rm -r src", "pwd; touch CANARY"],
  passes: ["true && ls", "ls src || echo none", "pwd; ls"],
};
