import type { ToolMeta } from "../../tool.ts";

export const write: ToolMeta = {
  name: "write",
  description: "Creates a file, or replaces all of one that you have read. Missing folders are made. To change a part, use edit.",
  input: {
    type: "object",
    properties: { path: { type: "string", minLength: 1 }, content: { type: "string" } },
    required: ["path", "content"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Creates or replaces one file.",
  effect: "write",
  redo: "check",
  subjects: [{ kind: "path", field: "path" }],
};
