import type { ToolMeta } from "../../tool.ts";

export const glob: ToolMeta = {
  name: "glob",
  description: "Lists files by name, sorted by path, with hidden ones and without what .gitignore names.",
  input: {
    type: "object",
    properties: {
      pattern: { type: "string", minLength: 1, maxLength: 1000, description: "E.g. src/**/*.{ts,tsx}; without a slash it fits at any depth." },
      path: { type: "string", minLength: 1, description: "Folder; the working folder if not given." },
      limit: { type: "integer", minimum: 1, maximum: 5000, description: "200 if not given." },
    },
    required: ["pattern"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Finds files by name.",
  effect: "read",
  redo: "safe",
  subjects: [{ kind: "path", field: "path", otherwise: "cwd" }],
};
