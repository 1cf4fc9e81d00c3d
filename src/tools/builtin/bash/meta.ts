import type { ToolMeta } from "../../tool.ts";

export const longestTimeout = 600_000;
export const usualTimeout = 120_000;

export const bash: ToolMeta = {
  name: "bash",
  description:
    "Runs a command in a new non-interactive bash without input. The working folder carries over to the next command, variables do not. Long output is cut in the middle. Prefer read, grep and glob for files.",
  input: {
    type: "object",
    properties: {
      command: { type: "string", minLength: 1 },
      background: { type: "boolean", description: "Goes on as a job; see the tool jobs." },
      timeout: { type: "integer", minimum: 1, maximum: longestTimeout, description: `Milliseconds, ${usualTimeout} if not given.` },
    },
    required: ["command"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Runs one shell command.",
  effect: "execute",
  redo: "never",
  subjects: [{ kind: "command", field: "command" }],
};
