// "For this project": an allow rule is written into the project's own local settings, as a person would write it.
// Comments, order and indentation of what stands there stay. No .gitignore is written: whether the file is shared is the person's choice.
import * as fs from "node:fs";
import { join } from "node:path";
import { applyEdits, type FormattingOptions, modify } from "jsonc-parser";
import { BosunError, codeOf, messageOf, type Outcome } from "./errors.ts";
import { writeAside } from "./replace-file.ts";
import { type FoundItem, readSettingsFile, type SettingsFile } from "./settings-file.ts";

/** How often it is tried again when somebody else writes the file meanwhile. */
const attempts = 5;

/** `root`: absolute, real; the caller knows that it is trusted and that the rule can be read. Resolves with the path written. */
export function addProjectRule(root: string, rule: string): Outcome<string> {
  const folder = join(root, ".bosun");
  const path = join(folder, "settings.local.json");
  try {
    const wrong = prepare(root, folder, path);
    if (wrong !== null) return failed(wrong);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const before = read(path);
      const file: SettingsFile = before === null ? { found: [], problems: [] } : readSettingsFile(before);
      const [problem] = file.problems;
      if (problem !== undefined) return failed(`${path}:${problem.line}:${problem.column}: ${problem.says}.`);
      const allowed = allowedOf(file);
      if (isAllowed(file, rule)) return { ok: true, value: path };
      const after = withRule(before ?? "{}\n", allowed?.length ?? null, rule);
      if (!isAllowed(readSettingsFile(after), rule)) return failed(`${path} could not be added to: write the rule there yourself.`);
      if (writeAside(path, after, () => read(path) === before)) return { ok: true, value: path };
    }
    return failed(`${path} changes all the time.`);
  } catch (error) {
    return failed(`${path} can't be written: ${messageOf(error)}.`, error);
  }
}

/** Null: there is no list. */
function allowedOf({ found }: SettingsFile): readonly FoundItem[] | null {
  const value = found.find(({ name }) => name === "permissions.allow")?.value;
  return typeof value === "object" ? value : null;
}
const isAllowed = (file: SettingsFile, rule: string): boolean => file.problems.length === 0 && allowedOf(file)?.some(({ text }) => text === rule) === true;

/** What stands in the way; null: nothing. A link could lead the rule into another project's settings, or into the person's own. */
function prepare(root: string, folder: string, path: string): string | null {
  fs.mkdirSync(folder, { recursive: true });
  if (fs.realpathSync.native(folder) !== join(fs.realpathSync.native(root), ".bosun")) return `${folder} is a link that leads elsewhere.`;
  const stat = fs.lstatSync(path, { throwIfNoEntry: false });
  return stat === undefined || stat.isFile() ? null : `${path} is not a file of its own.`;
}

function read(path: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(fs.readFileSync(path));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return null;
    throw error;
  }
}

/** `known`: how many allow rules stand there; null: there is no list. */
function withRule(text: string, known: number | null, rule: string): string {
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const body = text.slice(mark.length);
  const indent = /\n([ \t]+)"/.exec(body)?.[1] ?? "  ";
  const formattingOptions: FormattingOptions = {
    insertSpaces: !indent.includes("\t"),
    tabSize: indent.includes("\t") ? 1 : indent.length,
    eol: body.includes("\r\n") ? "\r\n" : "\n",
  };
  const edits =
    known === null
      ? modify(body, ["permissions", "allow"], [rule], { formattingOptions })
      : modify(body, ["permissions", "allow", known], rule, { formattingOptions, isArrayInsertion: true });
  return `${mark}${applyEdits(body, edits)}`;
}

const failed = (says: string, cause?: unknown): Outcome<never> => ({
  ok: false,
  error: new BosunError("settings-malformed", `The rule was not kept for the project. ${says}`, { next: "Mend that, or allow it for this session.", cause }),
});
