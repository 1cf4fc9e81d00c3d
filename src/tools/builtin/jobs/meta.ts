import type { ToolMeta } from "../../tool.ts";

export const jobs: ToolMeta = {
  name: "jobs",
  description: "Commands that bash left running: list them; read output (from where the last reading ended), wait for the end of, or kill one.",
  input: {
    type: "object",
    properties: {
      action: { type: "string", enum: ["list", "read", "wait", "kill"] },
      job: { type: "string" },
      offset: { type: "integer", minimum: 0, description: "Byte to read from." },
      timeout: { type: "integer", minimum: 1, maximum: 600_000, description: "Milliseconds to wait, 30000 if not given." },
    },
    required: ["action"],
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Looks after the session's own background commands.",
  effect: "none",
  redo: "safe",
  subjects: [],
};
