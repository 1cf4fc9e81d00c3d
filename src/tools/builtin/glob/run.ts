// glob: the files ripgrep would search, filtered by name. Sorted by path, not by age: a checkout gives all files one age.
import { isAbsolute, relative } from "node:path";
import type { ToolResult } from "../../../model/index.ts";
import { resolvePath, shortPath } from "../../path.ts";
import type { EffectPorts } from "../../ports.ts";
import type { Prepare, ToolContext } from "../../tool.ts";
import { counted, failed, succeeded } from "../answer.ts";

interface Input {
  readonly pattern: string;
  readonly path?: string;
  readonly limit?: number;
}
const usualLimit = 200;
const mostBytes = 30_000;
/** About 200 000 paths. */
const mostOutput = 16_000_000;
const timeout = 20_000;

export const prepare: Prepare = async (input, context) => {
  const asked = input as unknown as Input;
  if (isAbsolute(asked.pattern) || asked.pattern.split("/").includes(".."))
    return failed("pattern is meant from path: give the folder in path, and a pattern without a leading slash and without ..");
  return { preview: { kind: "none" }, before: [], after: [], commit: (effects) => list(asked, context, effects) };
};

async function list(input: Input, context: ToolContext, effects: EffectPorts): Promise<ToolResult> {
  const folder = resolvePath(context.cwd, input.path ?? ".");
  const look = await effects.files.look(folder);
  if (look.kind === "file") return failed(`${input.path} is a file. Give the folder in path.`);
  if (look.kind !== "folder") return failed(`There is no folder ${input.path ?? folder} that can be listed.`);
  const outcome = await effects.search({
    arguments: ["--files", "--null", "--hidden", "--no-require-git", "--no-messages", "--sort=path", "--glob=!.git", "--", folder],
    cwd: context.cwd,
    signal: context.signal,
    timeout,
    limit: mostOutput,
  });
  if (outcome.ended === "not-started") return failed(`The search could not be started. ${outcome.says}`);
  if (outcome.ended === "aborted") return failed("The search was interrupted.");
  const { default: picomatch } = await import("picomatch");
  const pattern = input.pattern.replace(/^(\.\/)+/, "");
  const fits = picomatch(pattern, { dot: true, noextglob: true, basename: !pattern.includes("/") });
  const text = new TextDecoder().decode(outcome.output);
  // what stands after the last NUL was cut
  const all = text
    .slice(0, text.lastIndexOf("\0") + 1)
    .split("\0")
    .slice(0, -1);
  return report(
    input,
    all.filter((path) => fits(relative(folder, path))),
    all.length,
    outcome.ended,
    context,
  );
}

function report(input: Input, found: readonly string[], searched: number, ended: string, context: ToolContext): ToolResult {
  const shown: string[] = [];
  let bytes = 0;
  for (const path of found.slice(0, input.limit ?? usualLimit)) {
    const name = shortPath(context.cwd, path);
    bytes += Buffer.byteLength(name) + 1;
    if (bytes > mostBytes) break;
    shown.push(name);
  }
  const notes = [
    ...(ended === "exited" ? [] : ["the folder is too large to list whole: give a smaller one in path"]),
    ...(shown.length < found.length ? [`${shown.length} of ${counted(found.length, "file")} shown; narrow the pattern, or set limit`] : []),
  ];
  const body = found.length === 0 ? `No file fits (of ${searched} that .gitignore leaves).` : shown.join("\n");
  return succeeded([body, ...notes.map((note) => `[${note}]`)].join("\n"), { detail: { shown: shown.length, total: found.length } });
}
