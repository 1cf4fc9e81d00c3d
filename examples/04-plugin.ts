// A plugin: examples/plugins/licences, approved by its hash, run beside bosun in a sandbox. Run it: node examples/04-plugin.ts
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent } from "bosun";
import { startModelServer } from "bosun/testing";

const project = mkdtempSync(join(tmpdir(), "bosun-example-"));
const home = mkdtempSync(join(tmpdir(), "bosun-example-home-"));
mkdirSync(join(project, "node_modules/left"), { recursive: true });
writeFileSync(join(project, "node_modules/left/package.json"), '{ "name": "left", "version": "1.0.0", "license": "GPL-3.0-only" }');

// The person looks at what it would register, and approves it: `bosun plugins add PATH`.
const cli = join(import.meta.dirname, "../dist/cli.js");
execFileSync(process.execPath, [cli, "plugins", "add", join(import.meta.dirname, "plugins/licences"), "--yes"], { env: { ...process.env, BOSUN_HOME: home } });

const server = await startModelServer({
  script: {
    name: "licences",
    turns: [
      { reply: [{ call: "licences__check", input: {} }] },
      { match: { toolResult: { tool: "licences__check", text: "left: GPL-3.0-only" } }, reply: [{ call: "licences__report", input: { path: "LICENCES.md" } }] },
      { reply: [{ text: "One package comes under the GPL." }] },
    ],
  },
});
const agent = await createAgent({
  model: "anthropic/claude-sonnet-5-5",
  cwd: project,
  home,
  // What a plugin says of itself allows nothing; a rule that names its tool does.
  rules: [
    { text: "licences__check", verdict: "allow", source: "this program" },
    { text: "licences__report", verdict: "allow", source: "this program" },
  ],
  environment: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "not-a-secret" },
});
if (!agent.ok) throw agent.error;
const conversation = await agent.value.start();
if (!conversation.ok) throw conversation.error;

const run = conversation.value.send("Which licences do we depend on?");
for await (const event of run) {
  if (event.type === "decision") console.log(`${event.decision.verdict}: ${event.decision.tool}`);
  if (event.type === "step" && event.to !== "planned") console.log(`${event.tool}: ${event.to}`);
}
console.log((await run.end).reason, readFileSync(join(project, "LICENCES.md"), "utf8").split("\n")[4]);

await conversation.value.release();
await server.close();
