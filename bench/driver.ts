// bosun as a program of the library alone: one prompt, everything allowed.
// Usage: driver PROMPT. Environment: BENCH_DIST (folder of the built library), BENCH_TOOLS (how many tools to add, as plugins would),
// and what bosun itself reads.
import { enableCompileCache } from "node:module";
import type { Tool } from "../src/index.ts";

enableCompileCache();
const { createAgent, version } = (await import(`${process.env.BENCH_DIST}/index.js`)) as typeof import("../src/index.ts");

/** The size of an average tool of another system; no script calls it. */
function lookup(at: number): Tool {
  return {
    name: `plugin_tool_${at}`,
    description: "Looks something up in another system, by its name or by words that stand in it, and gives what was found, newest first.",
    input: { type: "object", properties: { query: { type: "string", description: "What to look for." }, limit: { type: "integer" } }, required: ["query"] },
    source: { tier: "builtin" },
    responsibility: "belongs to the bench",
    effect: "read",
    redo: "safe",
    subjects: [],
    load: () => Promise.reject(new Error("no script calls it")),
  };
}

const prompt = process.argv[2] ?? "";
if (prompt === "--version") console.log(version);
else {
  const tools = Array.from({ length: Number(process.env.BENCH_TOOLS ?? 0) }, (_, at) => lookup(at));
  const agent = await createAgent({ mode: "bypass", model: "anthropic/claude-sonnet-5-5", tools });
  if (!agent.ok) throw agent.error;
  const conversation = await agent.value.start();
  if (!conversation.ok) throw conversation.error;
  const run = conversation.value.send(prompt);
  for await (const event of run) if (event.type === "reply") process.stdout.write(event.text);
  const end = await run.end;
  await conversation.value.release();
  if (end.reason !== "answered") throw new Error(JSON.stringify(end));
}
