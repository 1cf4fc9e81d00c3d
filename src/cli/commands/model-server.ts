// `bosun model-server SCRIPT`: serves a scripted model until it is interrupted.
import { BosunError } from "../../base/index.ts";
import { serveScript } from "../../testing/index.ts";
import type { Arguments } from "../arguments.ts";
import { type ExitCode, exitTable } from "../exit.ts";
import { watchInterrupts } from "../interrupts.ts";
import { reportError } from "../report.ts";
import type { Terminal } from "../terminal.ts";

export async function run({ words, options }: Arguments, terminal: Terminal): Promise<ExitCode> {
  const [path, ...more] = words;
  if (path === undefined || more.length > 0) {
    return reportError(
      terminal,
      new BosunError("usage", "model-server takes one script.", { next: "Write `bosun model-server SCRIPT [--port N]`; docs/model-server.md has examples." }),
    );
  }
  const served = await serveScript(path, options.port === undefined ? {} : { port: options.port });
  if (!served.ok) return reportError(terminal, served.error);
  const server = served.value;
  await terminal.out(`ANTHROPIC_BASE_URL=${server.url}\nOPENAI_BASE_URL=${server.openaiUrl}\n`);
  if (terminal.stderr) terminal.error(`Serving "${server.script.name}" (${server.script.turns.length} turns). Ctrl-C ends it.\n`);
  await new Promise<void>((resolve) => {
    watchInterrupts(resolve, resolve);
    terminal.gone.addEventListener("abort", () => resolve());
  });
  await server.close();
  return exitTable.answered.code;
}
