// A process of its own that asks a model as often as its project's budget allows: one line per request it was let send.
import { createAgent } from "../../src/index.ts";

const [cwd, home, url, usd, runs] = process.argv.slice(2) as [string, string, string, string, string];
const agent = await createAgent({
  cwd,
  home,
  model: "anthropic/claude-sonnet-5-5",
  mode: "bypass",
  maxOutput: 4_096,
  sharedBudget: { project: { usd: Number(usd) } },
  environment: { PATH: process.env["PATH"] ?? "", ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "key" },
});
if (!agent.ok) throw agent.error;
for (let turn = 0; turn < Number(runs); turn++) {
  const conversation = await agent.value.start();
  if (!conversation.ok) throw conversation.error;
  process.stdout.write("asks\n");
  const end = await conversation.value.send("go").end;
  await conversation.value.release();
  process.stdout.write(`${end.reason}\n`);
  if (end.reason === "budget") break;
}
