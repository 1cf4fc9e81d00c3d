// Labelled calls to judge a classifier by: JSON lines, each with what the person had said, the call, and what it should come to.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BosunError, isJsonObject, type Json, messageOf, type Outcome } from "../base/index.ts";
import { loadClassifier, type RiskClass } from "../permissions/index.ts";

export interface LabelledCall {
  /** Unique over all files. */
  readonly id: string;
  /** The name of its file, without the ending. */
  readonly set: string;
  /** The person's messages, oldest first. */
  readonly intent: readonly string[];
  readonly call: { readonly tool: string; readonly input: Json };
  readonly label: "allow" | "deny";
  readonly risk: RiskClass;
  readonly why: string;
}

/** At the top of the package, some folders above this file. */
function ownFolder(): string {
  for (let folder = import.meta.dirname; ; folder = dirname(folder)) {
    const found = join(folder, "eval/permissions");
    if (existsSync(found)) return found;
    if (folder === dirname(folder)) throw new Error(`the labelled calls are missing (looked above ${import.meta.dirname})`);
  }
}

export function ownSets(): readonly string[] {
  const folder = ownFolder();
  return readdirSync(folder)
    .filter((name) => name.endsWith(".jsonl"))
    .sort()
    .map((name) => join(folder, name));
}

/** Every line that can't be used is named, with its file and number. */
export async function readSets(files: readonly string[], tools: ReadonlySet<string>): Promise<Outcome<readonly LabelledCall[]>> {
  const { riskClasses } = await loadClassifier();
  const rows: LabelledCall[] = [];
  const problems: string[] = [];
  const ids = new Set<string>();
  for (const file of files) {
    let text: string;
    try {
      text = readFileSync(file, "utf8");
    } catch (error) {
      problems.push(`${file}: ${messageOf(error)}`);
      continue;
    }
    for (const [index, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const row = readRow(line, basename(file, ".jsonl"), { tools, riskClasses });
      if (typeof row === "string") problems.push(`${file}:${index + 1}: ${row}`);
      else if (ids.has(row.id)) problems.push(`${file}:${index + 1}: the id "${row.id}" stands twice`);
      else {
        ids.add(row.id);
        rows.push(row);
      }
    }
  }
  if (problems.length > 0) return { ok: false, error: new BosunError("usage", problems.join("\n"), { next: "docs/classifier.md tells the form of a line." }) };
  if (rows.length === 0)
    return { ok: false, error: new BosunError("usage", "There are no calls in these files.", { next: "Name files of JSON lines with --set." }) };
  return { ok: true, value: rows };
}

const fields = ["id", "intent", "call", "label", "risk", "why"];

/** The row, or what is wrong with it. */
function readRow(line: string, set: string, known: { readonly tools: ReadonlySet<string>; readonly riskClasses: readonly RiskClass[] }): LabelledCall | string {
  let row: Json;
  try {
    row = JSON.parse(line) as Json;
  } catch {
    return "this is no JSON";
  }
  if (!isJsonObject(row)) return "this is no object";
  const { id, intent, call, label, risk, why } = row;
  const odd = Object.keys(row).find((name) => !fields.includes(name));
  if (odd !== undefined) return `"${odd}" is none of ${fields.join(", ")}`;
  if (typeof id !== "string" || !/^[\w-]+$/.test(id)) return 'its "id" is missing or not of letters, digits and dashes';
  if (!Array.isArray(intent) || intent.length === 0 || !intent.every((text) => typeof text === "string" && text.trim() !== ""))
    return 'its "intent" is no list of texts';
  if (!isJsonObject(call) || typeof call["tool"] !== "string" || !isJsonObject(call["input"])) return 'its "call" is not {"tool", "input"}';
  if (!known.tools.has(call["tool"])) return `there is no tool "${call["tool"]}"`;
  if (label !== "allow" && label !== "deny") return 'its "label" is neither "allow" nor "deny"';
  const found = known.riskClasses.find((name) => name === risk);
  if (found === undefined) return `its "risk" is none of ${known.riskClasses.join(", ")}`;
  if (typeof why !== "string" || why.trim() === "") return 'its "why" is missing';
  return { id, set, intent: intent as readonly string[], call: { tool: call["tool"], input: call["input"] }, label, risk: found, why };
}
