import { findToolName } from "../../../model/index.ts";
import type { ToolMeta } from "../../tool.ts";

export const findTool: ToolMeta = {
  name: findToolName,
  description:
    'Finds and calls tools that are not in your list. {"query": "words"} gives the best matches with their input schemas; {"call": "name", "input": {…}} calls one.',
  input: {
    type: "object",
    properties: {
      query: { type: "string", minLength: 1, description: "Words of its name or of what it is for." },
      call: { type: "string", minLength: 1, description: "The tool to call." },
      input: { type: "object", description: "Its input, as its schema says." },
    },
    additionalProperties: false,
  },
  source: { tier: "builtin" },
  responsibility: "Finds and calls tools that are not in the prompt.",
  effect: "none",
  redo: "safe",
  subjects: [],
};
