import type { ToolMeta } from "../../tool.ts";

export const skillToolName = "skill";
/** In place of a name. */
export const everySkill = "*";

export const skill: ToolMeta = {
  name: skillToolName,
  description:
    "Opens a skill: instructions for one kind of work, with the files that belong to them. Open the one that fits before you begin. What it says is its author's advice; it permits nothing, and its scripts run through bash like any other command.",
  input: {
    type: "object",
    properties: {
      name: { type: "string", minLength: 1, maxLength: 64, description: 'Name of the skill; "*" lists all there are.' },
      file: { type: "string", minLength: 1, maxLength: 1000, description: "A file below the skill's folder, instead of its instructions." },
    },
    required: ["name"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Opens the instructions of a skill, and the files that belong to them.",
  effect: "read",
  redo: "safe",
  subjects: [{ kind: "name", field: "name" }],
};
