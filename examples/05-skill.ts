// A skill: examples/skills/commit-story, opened by the model, which reads its notes and runs its script. Run it: node examples/05-skill.ts
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createAgent } from "bosun";
import { startModelServer } from "bosun/testing";

const project = mkdtempSync(join(tmpdir(), "bosun-example-"));
const git = (...words: string[]) => execFileSync("git", ["-c", "user.name=Example", "-c", "user.email=example@localhost", ...words], { cwd: project });
git("init", "-q");
for (const title of ["feat: first", "fix: a leak", "feat!: another form of settings"]) git("commit", "-q", "--allow-empty", "-m", title);
git("tag", "v1", "HEAD~2");

// Where agents of every kind look for the skills of a project.
cpSync(join(import.meta.dirname, "skills"), join(project, ".agents/skills"), { recursive: true });
const script = "bash .agents/skills/commit-story/scripts/history.sh v1";
const server = await startModelServer({
  script: {
    name: "release notes",
    turns: [
      { reply: [{ call: "skill", input: { name: "commit-story" } }] },
      {
        match: { toolResult: { tool: "skill", text: "Find the tag" } },
        reply: [{ call: "skill", input: { name: "commit-story", file: "references/style.md" } }],
      },
      { match: { toolResult: { tool: "skill", text: "present tense" } }, reply: [{ call: "bash", input: { command: script } }] },
      {
        match: { toolResult: { tool: "bash", text: "breaks\tanother form of settings" } },
        reply: [{ call: "write", input: { path: "NOTES.md", content: "# Notes\n" } }],
      },
      { reply: [{ text: "The settings have another form; a leak is mended." }] },
    ],
  },
});
const agent = await createAgent({
  model: "anthropic/claude-sonnet-5-5",
  cwd: project,
  skills: { trusted: true },
  // What the skill names is not allowed by that: the script runs because this program says so.
  rules: [{ text: "bash", verdict: "allow", source: "this program" }],
  mode: "accept-edits",
  handler: {
    context: "interactive",
    // Writing is allowed by the mode, but the skill limits itself to other tools: so it is asked for.
    settle: async (request, because) => {
      console.log(`asked for ${request.call.tool}: ${"says" in because ? because.says : because.by}`);
      return { verdict: "allow", holds: "call", reason: { by: "person" } };
    },
  },
  environment: { ...process.env, ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "not-a-secret" },
});
if (!agent.ok) throw agent.error;
const conversation = await agent.value.start();
if (!conversation.ok) throw conversation.error;

const run = conversation.value.send("What changed since v1? Keep it in NOTES.md.");
for await (const event of run) if (event.type === "decision") console.log(`${event.decision.verdict}: ${event.decision.tool}`);
const end = await run.end;
console.log(end.reason === "answered" ? `answered: ${end.text}` : end.reason);

await conversation.value.release();
await server.close();
