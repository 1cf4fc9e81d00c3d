// bosun without a command: one prompt and its answer, or, on a terminal and without -p, a conversation.
import { BosunError, type Outcome } from "../../base/index.ts";
import { answer } from "../answer.ts";
import type { Arguments } from "../arguments.ts";
import type { ExitCode } from "../exit.ts";
import type { Options } from "../option-table.ts";
import { reportError, warn } from "../report.ts";
import { readStdin } from "../stdin.ts";
import type { Terminal } from "../terminal.ts";

export async function run(given: Arguments, terminal: Terminal): Promise<ExitCode> {
  const { options } = given;
  const format = options["output-format"] ?? "text";
  if (!options.print && terminal.stdin && terminal.stderr) {
    if (format !== "text")
      return reportError(terminal, new BosunError("usage", "--output-format needs -p.", { next: 'Write bosun -p "PROMPT" --output-format …' }));
    const { converse } = await import("../conversation.ts");
    return converse(options, terminal);
  }
  const prompt = await readPrompt(given, terminal);
  return prompt.ok ? answer(prompt.value, options, terminal) : reportError(terminal, prompt.error, format);
}

/** Null: go on where the session stopped. */
async function readPrompt({ words, options }: Arguments, terminal: Terminal): Promise<Outcome<string | null>> {
  const asked = words.join(" ").trim();
  const continues = continued(options);
  if (words.length > 0 && asked === "") return { ok: false, error: new BosunError("usage", "The prompt is empty.", { next: 'Write bosun -p "PROMPT".' }) };
  const read = terminal.stdin ? null : await readStdin(asked === "" && !continues);
  if (read && !read.ok) return read;
  if (read?.value.silent) warn(terminal, "Nothing came on stdin for 3 seconds, so it is left aside. Redirect it from /dev/null to save the wait.");
  const prompt = [asked, read?.value.text ?? ""].filter((text) => text !== "").join("\n\n");
  if (prompt !== "") return { ok: true, value: prompt };
  if (continues) return { ok: true, value: null };
  const next = 'Write bosun -p "PROMPT", or pipe the prompt in; `bosun --help` lists the options.';
  return { ok: false, error: new BosunError("usage", "There is no prompt, neither as an argument nor on stdin.", { next }) };
}

const continued = (options: Options): boolean => options.resume !== undefined || options.continue === true;
