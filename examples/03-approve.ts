// Who decides: a handler that looks at the preview. Run it: node examples/03-approve.ts
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent, type Handler } from "bosun";
import { startModelServer } from "bosun/testing";

/** Allows commands that only print; denies everything else, with a word to the model. */
const handler: Handler = {
  context: "interactive",
  async settle(_request, _because, preview) {
    const harmless = preview.kind === "command" && /^echo [\w ]+$/.test(preview.command);
    if (harmless) return { verdict: "allow", reason: { by: "person", says: "it only prints" }, holds: "call" };
    return { verdict: "deny", reason: { by: "person", says: "only echo, please" }, holds: "call" };
  },
};

const server = await startModelServer({
  script: {
    name: "approve",
    turns: [
      {
        reply: [
          { call: "bash", input: { command: "echo hello" } },
          { call: "bash", input: { command: "touch made" } },
        ],
      },
      { reply: [{ text: "One ran." }] },
    ],
  },
});
const agent = await createAgent({
  model: "anthropic/claude-sonnet-5-5",
  cwd: mkdtempSync(join(tmpdir(), "bosun-example-")),
  handler,
  environment: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "not-a-secret" },
});
if (!agent.ok) throw agent.error;
const conversation = await agent.value.start();
if (!conversation.ok) throw conversation.error;

const run = conversation.value.send("Say hello, then make a file.");
for await (const event of run) if (event.type === "decision") console.log(`${event.decision.verdict}: ${event.decision.subject}`);
console.log((await run.end).reason);

await conversation.value.release();
await server.close();
