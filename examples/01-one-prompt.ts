// One prompt, its events, its end. Run it: node examples/01-one-prompt.ts
// The model is a script on this machine; take `environment` away and set a key to use a real one.
import { createAgent } from "bosun";
import { startModelServer } from "bosun/testing";

const server = await startModelServer({ script: { name: "hello", turns: [{ reply: [{ text: "Hello from the script." }] }] } });
const agent = await createAgent({
  model: "anthropic/claude-sonnet-5-5",
  environment: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "not-a-secret" },
});
if (!agent.ok) throw agent.error;
const conversation = await agent.value.start();
if (!conversation.ok) throw conversation.error;

const run = conversation.value.send("Say hello.");
for await (const event of run) if (event.type === "model" && event.part.type === "text-delta") process.stdout.write(event.part.text);
const end = await run.end;
console.log(`\n${end.reason}, session ${conversation.value.session.id}`);

await conversation.value.release();
await server.close();
