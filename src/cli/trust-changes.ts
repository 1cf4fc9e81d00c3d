// What trusting a project would change, in words: its settings that don't count yet, and its skills.
import { homedir } from "node:os";
import { type LoadedSettings, redact } from "../base/index.ts";
import type { Place } from "../index.ts";
import { findSkills } from "../tools/index.ts";
import { clip, oneLine, visible } from "./text.ts";

export interface TrustChanges {
  readonly settings: LoadedSettings["withheld"];
  /** Where its skills are, by the names of their folders: none of them is opened. */
  readonly skills: readonly string[];
}

export async function trustChanges({ withheld }: Pick<LoadedSettings, "withheld">, { root, cwd, home }: Place): Promise<TrustChanges> {
  const { absent } = await findSkills({ root, cwd, bosunHome: home, home: homedir(), trusted: false });
  return { settings: withheld, skills: absent.filter(({ owner }) => owner === "project").map(({ where }) => where) };
}

/** Of a list the shortest first: these are the widest rules, and what is cut off must not hide them. */
function valueInWords(value: TrustChanges["settings"][number]["value"]): string {
  if (typeof value !== "object") return String(value);
  const items = [...value].sort((one, other) => one.length - other.length).join(", ");
  return value.length < 2 ? items : `${value.length} of them: ${items}`;
}

/** Lines that are shown; the rest is counted. */
const mostLines = 20;

/** One line for each, safe for a terminal; empty: it would change nothing. */
export function changesInWords({ settings, skills }: TrustChanges): readonly string[] {
  const lines = [
    ...settings.map(({ name, value, source }) => `${name}: ${clip(redact(valueInWords(value)), 300)} (${source})`),
    ...skills.map((where) => `the skill ${where}`),
  ].map((line) => visible(oneLine(line)));
  return lines.length <= mostLines ? lines : [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more`];
}
