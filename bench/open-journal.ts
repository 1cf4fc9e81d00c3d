// Opens one session in a process of its own and prints the milliseconds and the most memory the process ever held, in bytes: by bosun (lock, check of each line, fold), or bare
// (the file read at once, each line parsed). The start of the process and the loading of the library are not in it.
// Usage: open-journal bosun DIST CWD HOME SESSION | open-journal bare FILE
import { readFileSync } from "node:fs";

const [how, ...words] = process.argv.slice(2);
const milliseconds = how === "bare" ? bare(words[0] ?? "") : await bosun(words);
console.log(milliseconds, process.resourceUsage().maxRSS * 1024);

function bare(path: string): number {
  const from = performance.now();
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  for (const line of lines) JSON.parse(line);
  return performance.now() - from;
}

async function bosun([dist, cwd = "", home = "", session = ""]: readonly string[]): Promise<number> {
  const { createAgent } = (await import(`${dist}/index.js`)) as typeof import("../src/index.ts");
  const agent = await createAgent({ cwd, home, model: "anthropic/claude-sonnet-5-5", environment: { ...process.env, ANTHROPIC_API_KEY: "bench" } });
  if (!agent.ok) throw agent.error;
  const from = performance.now();
  const conversation = await agent.value.resume(session as Parameters<typeof agent.value.resume>[0]);
  const took = performance.now() - from;
  if (!conversation.ok) throw conversation.error;
  await conversation.value.release();
  return took;
}
