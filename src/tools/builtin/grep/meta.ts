import type { ToolMeta } from "../../tool.ts";

export const grep: ToolMeta = {
  name: "grep",
  description: "Searches file contents with ripgrep, sorted by path. Skips what .gitignore names and binary files; searches hidden files.",
  input: {
    type: "object",
    properties: {
      pattern: { type: "string", minLength: 1, description: "Regular expression." },
      path: { type: "string", minLength: 1, description: "File or folder; the working folder if not given." },
      glob: { type: "string", minLength: 1, description: "Only these files, e.g. *.ts or !test/**." },
      context: { type: "integer", minimum: 0, maximum: 20, description: "Lines around each match." },
      ignoreCase: { type: "boolean" },
      literal: { type: "boolean", description: "Plain text, no expression." },
      filesOnly: { type: "boolean", description: "Only the paths." },
      limit: { type: "integer", minimum: 1, maximum: 2000, description: "Matches shown, 100 if not given." },
    },
    required: ["pattern"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Searches in files.",
  effect: "read",
  redo: "safe",
  subjects: [{ kind: "path", field: "path", otherwise: "cwd" }],
};
