// Rules from a file that is in force nowhere, to judge past calls by.
import { homedir } from "node:os";
import { resolve } from "node:path";
import { BosunError, codeOf, loadSettingsReader, messageOf, type Outcome, type Settings, settingsTable } from "../base/index.ts";
import { createPolicy, type Mode, type Policy, type RuleText, ruleError } from "../permissions/index.ts";
import { builtinTools } from "../tools/index.ts";
import { commandPolicy } from "./options.ts";

export interface OtherPolicy {
  readonly rules: number;
  /** For calls of a project at `root`; `mode`: the one they were judged in, which the file may replace. */
  at(root: string, mode: Mode): Policy;
}

const largest = 1024 * 1024;
const verdicts = ["allow", "ask", "deny"] as const;

/** A settings file, or its permissions part alone. `cwd`: where a relative path begins. */
export async function readOtherPolicy(file: string, cwd: string): Promise<Outcome<OtherPolicy>> {
  const path = resolve(cwd, file);
  const text = readText(path);
  if (!text.ok) return text;
  const readSettingsFile = await loadSettingsReader();
  const whole = readSettingsFile(text.value);
  // its permissions part alone: on the same lines, so that problems name the right ones
  const part = whole.problems.length === 0 ? null : readSettingsFile(`{"permissions":${text.value.replace(/^\ufeff/, "")}}`);
  const read = part !== null && part.problems.length < whole.problems.length ? part : isPart(text.value) && part !== null ? part : whole;
  if (read.problems.length > 0) {
    return malformed(
      read.problems.map(({ line, column, says }) => `${path}:${line}:${read === part && line === 1 ? Math.max(1, column - 15) : column}: ${says}.`).join("\n"),
    );
  }
  const values: Record<string, unknown> = Object.fromEntries(
    Object.entries(settingsTable).map(([name, row]) => [name, "default" in row ? row.default : row.type.kind === "list" ? [] : undefined]),
  );
  const rules: RuleText[] = [];
  let ownMode: Mode | undefined;
  for (const { name, value } of read.found) {
    const verdict = verdicts.find((one) => name === `permissions.${one}`);
    if (typeof value !== "object") values[name] = value;
    else if (verdict === undefined) values[name] = value.map((item) => item.text);
    else rules.push(...value.map((item) => ({ text: item.text, verdict, source: `${path}:${item.line}`, level: "managed" as const })));
    if (name === "permissions.mode") ownMode = value as Mode;
  }
  const settings = values as unknown as Settings;
  const known = new Map<string, Policy>();
  const make = (root: string, mode: Mode) =>
    createPolicy({ ...commandPolicy(settings), root, home: homedir(), mode, rules, subjectsOf, onUnattendedAsk: settings["permissions.onUnattendedAsk"] });
  const unreadable = ruleError(make(cwd, "ask").problems);
  if (unreadable) return { ok: false, error: unreadable };
  const at = (root: string, mode: Mode): Policy => {
    const key = JSON.stringify([root, ownMode ?? mode]);
    const policy = known.get(key) ?? make(root, ownMode ?? mode).policy;
    known.set(key, policy);
    return policy;
  };
  return { ok: true, value: { rules: rules.length, at } };
}

const subjectsOf = (tool: string) => builtinTools.find(({ name }) => name === tool)?.subjects.map(({ kind }) => kind);
const isPart = (text: string): boolean =>
  /^\ufeff?(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*\{(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*"(?:allow|ask|deny|mode|onUnattendedAsk)"/.test(text);

function readText(path: string): Outcome<string> {
  const fs = process.getBuiltinModule("node:fs");
  try {
    const stat = fs.statSync(path);
    if (!stat.isFile()) return malformed(`${path}: this is not a file.`);
    if (stat.size > largest) return malformed(`${path}: it has ${stat.size} bytes; a settings file has at most ${largest}.`);
    return { ok: true, value: new TextDecoder("utf-8", { fatal: true }).decode(fs.readFileSync(path)) };
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR") return malformed(`${path}: there is no such file.`);
    return malformed(`${path}: ${code === "ERR_ENCODING_INVALID_ENCODED_DATA" ? "it is not UTF-8" : `it can't be read (${code || messageOf(error)})`}.`);
  }
}

const malformed = (says: string): Outcome<never> => ({
  ok: false,
  error: new BosunError("settings-malformed", says, {
    next: 'Give --policy a settings file, or its permissions part alone, such as {"deny": ["bash(curl *)"]}; docs/settings.md lists all keys.',
  }),
});
