import type { ToolMeta } from "../../tool.ts";

export const read: ToolMeta = {
  name: "read",
  description:
    "Reads a text file as numbered lines (number, tab, text), or shows a PNG, JPEG, GIF or WebP image. At most 2000 lines or 50 kB at once; the end of the answer says how to go on. Read a file before you write or edit it.",
  input: {
    type: "object",
    properties: {
      path: { type: "string", minLength: 1, description: "Absolute, or relative to the working folder." },
      offset: { type: "integer", minimum: 1, description: "First line, from 1." },
      limit: { type: "integer", minimum: 1, description: "Number of lines." },
    },
    required: ["path"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Shows the content of one file.",
  effect: "read",
  redo: "safe",
  subjects: [{ kind: "path", field: "path" }],
};
