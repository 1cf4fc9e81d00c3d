// bosun as a program of the library alone, for as long as there is no command: one prompt, everything allowed.
// Usage: driver PROMPT. Environment: BENCH_DIST (folder of the built library), and what bosun itself reads.
import { enableCompileCache } from "node:module";

enableCompileCache();
const { createAgent, version } = (await import(`${process.env.BENCH_DIST}/index.js`)) as typeof import("../src/index.ts");
const prompt = process.argv[2] ?? "";
if (prompt === "--version") console.log(version);
else {
  const agent = await createAgent({ mode: "bypass", model: "anthropic/claude-sonnet-5-5" });
  if (!agent.ok) throw agent.error;
  const conversation = await agent.value.start();
  if (!conversation.ok) throw conversation.error;
  const run = conversation.value.send(prompt);
  for await (const event of run) if (event.type === "reply") process.stdout.write(event.text);
  const end = await run.end;
  await conversation.value.release();
  if (end.reason !== "answered") throw new Error(JSON.stringify(end));
}
