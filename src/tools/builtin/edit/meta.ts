import type { ToolMeta } from "../../tool.ts";

export const edit: ToolMeta = {
  name: "edit",
  description:
    "Replaces exact text in one file. Each old text must occur exactly once (add lines around it until it does), or set all. Copy it without line numbers, blanks included. Several edits are applied in order, all or none.",
  input: {
    type: "object",
    properties: {
      path: { type: "string", minLength: 1 },
      edits: {
        type: "array",
        minItems: 1,
        items: {
          type: "object",
          properties: {
            old: { type: "string", minLength: 1 },
            new: { type: "string" },
            all: { type: "boolean", description: "Every occurrence." },
          },
          required: ["old", "new"],
          additionalProperties: false,
        },
      },
    },
    required: ["path", "edits"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Changes parts of one file.",
  effect: "write",
  redo: "check",
  subjects: [{ kind: "path", field: "path" }],
};
