// A tool of your own: metadata, and one function that prepares and commits. Run it: node examples/02-own-tool.ts
import { createAgent, type Tool } from "bosun";
import { startModelServer } from "bosun/testing";

const dice: Tool = {
  name: "dice",
  description: "Rolls one die and says what it shows.",
  input: { type: "object", properties: { sides: { type: "integer", minimum: 2 } }, required: ["sides"], additionalProperties: false },
  source: { tier: "builtin" },
  responsibility: "Rolls dice.",
  effect: "none",
  redo: "safe",
  subjects: [],
  load: async () => async (input) => ({
    preview: { kind: "none" },
    before: [],
    after: [],
    commit: async () => {
      const { sides } = input as { sides: number };
      return { parts: [{ type: "text", text: `It shows ${1 + Math.floor(Math.random() * sides)}.` }], failed: false };
    },
  }),
};

const server = await startModelServer({
  script: {
    name: "dice",
    turns: [{ reply: [{ call: "dice", input: { sides: 6 } }] }, { match: { toolResult: { tool: "dice", text: "It shows" } }, reply: [{ text: "I rolled." }] }],
  },
});
const agent = await createAgent({
  model: "anthropic/claude-sonnet-5-5",
  tools: [dice],
  environment: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "not-a-secret" },
});
if (!agent.ok) throw agent.error;
const conversation = await agent.value.start();
if (!conversation.ok) throw conversation.error;

const run = conversation.value.send("Roll a die.");
for await (const event of run) if (event.type === "step") console.log(`${event.tool}: ${event.to}`);
console.log((await run.end).reason);

await conversation.value.release();
await server.close();
