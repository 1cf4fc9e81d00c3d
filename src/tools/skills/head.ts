// From the fields of front matter to a skill's head, or to why it is none.
import { type Read, readYaml } from "./front-matter.ts";
import { readPlainLines } from "./plain-lines.ts";
import { limits, namePattern, type SkillHead } from "./skill.ts";

export interface HeadReading {
  readonly head: SkillHead;
  readonly warnings: readonly string[];
}
const known: ReadonlySet<string> = new Set(["name", "description", "license", "compatibility", "metadata", "allowed-tools"]);

/** `folder`: the name of the folder that the skill is in. */
export async function readHead(text: string, folder: string): Promise<Read<HeadReading>> {
  const plain = readPlainLines(text);
  const fields: Read<ReadonlyMap<string, unknown>> = plain === null ? await readYaml(text) : { ok: true, value: plain };
  if (!fields.ok) return fields;
  const problem = nameProblem(fields.value.get("name"), folder) ?? descriptionProblem(fields.value.get("description"));
  if (problem !== null) return { ok: false, says: problem };
  const allowed = readAllowedTools(fields.value.get("allowed-tools"));
  if (!allowed.ok) return allowed;
  const warnings: string[] = [];
  const license = textOf(fields.value, "license", 500, warnings);
  const compatibility = textOf(fields.value, "compatibility", limits.compatibility, warnings);
  const metadata = metadataOf(fields.value.get("metadata"), warnings);
  const others = [...fields.value.keys()].filter((key) => !known.has(key));
  if (others.length > 0) warnings.push(`The standard does not know ${others.slice(0, 8).map(quoted).join(", ")}: it has no effect here.`);
  return {
    ok: true,
    value: {
      head: {
        name: folder,
        description: (fields.value.get("description") as string).trim(),
        allowedTools: allowed.value,
        ...(license === undefined ? {} : { license }),
        ...(compatibility === undefined ? {} : { compatibility }),
        ...(metadata === undefined ? {} : { metadata }),
      },
      warnings,
    },
  };
}

const quoted = (value: string): string => JSON.stringify(value.slice(0, 80));

function nameProblem(name: unknown, folder: string): string | null {
  if (name === undefined || name === null) return "it has no name: write `name: …`, as its folder is called";
  if (typeof name !== "string") return "its name is no text";
  if (name.length > limits.name) return `its name has ${name.length} characters: at most ${limits.name} are allowed`;
  if (!namePattern.test(name)) return `its name ${quoted(name)} is not allowed: lower-case letters, digits and single hyphens between them`;
  return name === folder ? null : `its name is ${quoted(name)} and its folder ${quoted(folder)}: give both the same name`;
}

function descriptionProblem(description: unknown): string | null {
  if (description === undefined || description === null) return "it has no description: write what it does and when to use it";
  if (typeof description !== "string") return "its description is no text: put it into quotes";
  if (description.trim() === "") return "its description is empty: write what it does and when to use it";
  const { length } = [...description];
  return length > limits.description ? `its description has ${length} characters: at most ${limits.description} are allowed` : null;
}

function textOf(fields: ReadonlyMap<string, unknown>, key: string, most: number, warnings: string[]): string | undefined {
  const value = fields.get(key);
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" && value.length <= most) return value;
  warnings.push(typeof value === "string" ? `Its ${key} has ${value.length} characters; the standard allows ${most}.` : `Its ${key} is no text.`);
  return undefined;
}

function metadataOf(value: unknown, warnings: string[]): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  const pairs = value instanceof Map ? [...value] : null;
  const isScalar = (one: unknown): boolean => typeof one === "string" || typeof one === "number" || typeof one === "boolean";
  if (pairs?.every(([, one]) => isScalar(one)) === true) return Object.fromEntries(pairs.map(([key, one]) => [key, String(one)]));
  warnings.push("Its metadata is no map from names to texts.");
  return undefined;
}

/** A text, separated by blanks or commas outside of parentheses, or a list of such texts. Absent: null. */
function readAllowedTools(value: unknown): Read<readonly string[] | null> {
  if (value === undefined) return { ok: true, value: null };
  const texts = value === null ? [] : Array.isArray(value) ? value : [value];
  if (!texts.every((one): one is string => typeof one === "string"))
    return { ok: false, says: 'its allowed-tools is no text and no list of texts: write for example "Read Bash(git log *)"' };
  if (texts.join(" ").length > limits.allowedTools) return { ok: false, says: `its allowed-tools has more than ${limits.allowedTools} characters: shorten it` };
  return { ok: true, value: texts.flatMap(splitEntries) };
}

function splitEntries(text: string): readonly string[] {
  const entries: string[] = [];
  let depth = 0;
  let current = "";
  for (const character of text) {
    if (character === "(") depth += 1;
    if (character === ")") depth = Math.max(0, depth - 1);
    if (depth === 0 && /[\s,]/.test(character)) {
      entries.push(current);
      current = "";
    } else current += character;
  }
  return [...entries, current].filter((entry) => entry !== "");
}
