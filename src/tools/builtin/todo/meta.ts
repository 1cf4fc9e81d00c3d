import type { ToolMeta } from "../../tool.ts";

export const todo: ToolMeta = {
  name: "todo",
  description: "Replaces your list of tasks. Use it for work of three steps or more; have one item doing, and mark each done at once.",
  input: {
    type: "object",
    properties: {
      items: {
        type: "array",
        maxItems: 100,
        items: {
          type: "object",
          properties: { text: { type: "string", minLength: 1 }, state: { enum: ["pending", "doing", "done"] } },
          required: ["text", "state"],
          additionalProperties: false,
        },
      },
    },
    required: ["items"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Keeps the list of tasks.",
  effect: "none",
  redo: "safe",
  subjects: [],
};
