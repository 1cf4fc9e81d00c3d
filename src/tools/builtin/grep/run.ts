// grep: ripgrep with its arguments as a list. Nothing in them can name a program to run.
import type { ToolResult } from "../../../model/index.ts";
import { resolvePath, shortPath } from "../../path.ts";
import type { EffectPorts, SearchOutcome } from "../../ports.ts";
import type { Prepare, ToolContext } from "../../tool.ts";
import { counted, failed, succeeded } from "../answer.ts";
import { type Found, parseFiles, parseLines } from "./parse.ts";

interface Input {
  readonly pattern: string;
  readonly path?: string;
  readonly glob?: string;
  readonly context?: number;
  readonly ignoreCase?: boolean;
  readonly literal?: boolean;
  readonly filesOnly?: boolean;
  readonly limit?: number;
}
const usualLimit = 100;
const mostBytes = 30_000;
/** Of ripgrep's own output; lines are cut at 400 characters by it. */
const mostOutput = 2_000_000;
const timeout = 20_000;

export const prepare: Prepare = async (input, context) => {
  const asked = input as unknown as Input;
  return { preview: { kind: "none" }, before: [], after: [], commit: (effects) => search(asked, context, effects) };
};

async function search(input: Input, context: ToolContext, effects: EffectPorts): Promise<ToolResult> {
  const path = resolvePath(context.cwd, input.path ?? ".");
  const look = await effects.files.look(path);
  if (look.kind !== "file" && look.kind !== "folder")
    return failed(`${input.path ?? path} is ${look.kind === "absent" ? "not there" : "nothing that can be searched"}. Find the right path with glob.`);
  const outcome = await effects.search({
    arguments: [...optionsOf(input), "--", input.pattern, path],
    cwd: context.cwd,
    signal: context.signal,
    timeout,
    limit: mostOutput,
  });
  const refusal = refusalOf(outcome, input);
  return refusal ?? report(input, outcome, look.kind === "file" ? path : null, context);
}

function optionsOf(input: Input): readonly string[] {
  const shape =
    input.filesOnly === true
      ? ["--files-with-matches"]
      : ["--line-number", "--no-heading", "--max-columns=400", "--max-columns-preview", "--no-context-separator"];
  return [
    ...["--null", "--color=never", "--sort=path", "--hidden", "--no-require-git", "--no-messages", "--with-filename", "--engine=auto"],
    ...shape,
    ...(input.context === undefined || input.filesOnly === true ? [] : [`--context=${input.context}`]),
    ...(input.ignoreCase === true ? ["--ignore-case"] : []),
    ...(input.literal === true ? ["--fixed-strings"] : []),
    ...(input.pattern.includes("\n") || (input.literal !== true && /(^|[^\\])(\\\\)*\\n/.test(input.pattern)) ? ["--multiline"] : []),
    ...(input.glob === undefined ? [] : globOptions(input.glob)),
    "--glob=!.git",
  ];
}

/** A plain --glob would bring back what .gitignore names; a file type of our own does not, but knows names only. */
function globOptions(glob: string): readonly string[] {
  return glob.includes("/") || glob.startsWith("!") ? [`--glob=${glob}`] : [`--type-add=wanted:${glob}`, "--type=wanted"];
}

function refusalOf(outcome: SearchOutcome, input: Input): ToolResult | null {
  if (outcome.ended === "not-started") return failed(`The search could not be started. ${outcome.says}`);
  if (outcome.ended === "aborted") return failed("The search was interrupted.");
  // with --no-messages, errors about single files are not told: what is told is about the call
  if (outcome.exitCode !== 2 || outcome.output.length > 0 || outcome.says === "") return null;
  const hint = /regex|pcre2/i.test(outcome.says) && input.literal !== true ? "\nMend the expression, or set literal to search for plain text." : "";
  return failed(`${outcome.says.replace(/^rg: /gm, "")}${hint}`);
}

function report(input: Input, outcome: SearchOutcome, file: string | null, context: ToolContext): ToolResult {
  const limit = input.limit ?? usualLimit;
  const text = new TextDecoder().decode(outcome.output);
  const partial = outcome.ended === "limited" || outcome.ended === "timed-out";
  const found: Found = input.filesOnly === true ? parseFiles(text, limit, mostBytes, nameIn(context)) : parseLines(text, limit, mostBytes, nameIn(context));
  const notes: string[] = [];
  const what = input.filesOnly === true ? "file" : "matching line";
  if (outcome.ended === "timed-out") notes.push(`the search was ended after ${timeout / 1000} s: search in a smaller folder`);
  if (found.shown < found.total)
    notes.push(`${found.shown} of ${partial ? "more than " : ""}${counted(found.total, what)} shown; narrow the search, or set limit`);
  else if (partial) notes.push("there is more; narrow the search");
  const detail = { shown: found.shown, total: found.total, partial };
  if (found.total === 0) return succeeded(["No match.", ...adviceOnNothing(input, file), ...notes.map((note) => `[${note}]`)].join(" "), { detail });
  return succeeded([found.text, ...notes.map((note) => `[${note}]`)].join("\n"), { detail });
}

const nameIn = (context: ToolContext) => (path: string) => shortPath(context.cwd, path);

function adviceOnNothing(input: Input, file: string | null): readonly string[] {
  if (file !== null && input.glob !== undefined) return ["Leave out glob when path is a file."];
  return [];
}
