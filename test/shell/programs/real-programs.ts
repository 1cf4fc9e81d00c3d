// Asks the real programs of this machine how they read their options: for the tests of the tables.
import { spawnSync } from "node:child_process";
import type { OptionRow, Program } from "../../../src/shell/programs/program.ts";

export const optionRows = (program: Program): readonly OptionRow[] => [
  ...(program.flags ?? "")
    .split(" ")
    .filter((name) => name !== "")
    .map((names) => ({ names })),
  ...(program.options ?? []),
];

export const isInstalled = (name: string): boolean => spawnSync("bash", ["-c", 'type -P -- "$1"', "bash", name]).status === 0;

/** Whether this is the program of GNU, of Debian …: what its --version says. */
export function versionOf(name: string): string {
  const { stdout, stderr } = spawnSync(name, ["--version"], { encoding: "utf8", timeout: 5000, input: "" });
  return `${stdout ?? ""}${stderr ?? ""}`;
}

const probe = "--no-such-option-x";
const env = { PATH: process.env["PATH"] ?? "", LC_ALL: "C", HOME: "/nonexistent" };

const refusal =
  /(?:unrecogni[sz]ed|unknown|illegal|invalid|not recognized)(?: or incomplete)? (?:long )?(?:option|flag|switch|command line (?:flag|option))|unexpected argument|wasn't expected|unknown arguments?|not defined|is ambiguous/i;
const demand =
  /requires? (?:an? )?(?:\w+ )?(?:argument|value|parameter)|value is required|(?:argument|value).*(?:required|missing)|expected (?:one|at least one) argument|missing (?:argument|value)|needs? an? argument|flag needs|takes (?:one|two) parameters?|no argument given|lacks argument|expected argument/i;

/**
 * How the program reads the option, told by what it says of the option alone and of one followed by an unknown option. "absent": it has no such
 * option. "value": it wants a value. "flag": the next word is read as an option. "unsure": it wants no value, and says nothing of the unknown one.
 */
export function readingOf(name: string, option: string, folder: string): "absent" | "flag" | "value" | "unsure" {
  const run = (...words: string[]): readonly string[] => {
    const { stdout, stderr } = spawnSync(name, words, { cwd: folder, env, input: "", encoding: "utf8", timeout: 2000 });
    return `${stdout ?? ""}${stderr ?? ""}`.slice(0, 4000).split("\n");
  };
  const bare = option.replace(/^-+/, "").replace(/[.?]/g, "\\$&");
  const itself = new RegExp(
    `['"\`:]${option.replace(/[.?]/g, "\\$&")}['"\`]?|-- '?${bare}'?$|(?:option|flag|arguments?):? ['"\`]?-{0,2}${bare}(?![\\w-])|such option: ${bare}$`,
  );
  const alone = run(option);
  if (alone.some((line) => demand.test(line))) return "value";
  if (alone.some((line) => refusal.test(line) && itself.test(line))) return "absent";
  const followed = run(option, probe);
  return followed.some((line) => line.includes("no-such-option") && refusal.test(line)) ? "flag" : "unsure";
}

export interface Disagreement {
  readonly option: string;
  readonly table: string;
  readonly program: string;
}

/** What the table says otherwise than the program. `elsewhere`: options that programs of other systems or versions have. `every`: flags too. */
export function disagreements(name: string, program: Program, folder: string, elsewhere: ReadonlySet<string>, every: boolean): readonly Disagreement[] {
  const found: Disagreement[] = [];
  for (const row of optionRows(program))
    for (const option of row.names.split(" ")) {
      if (option === "-#" || option === "-" || /^-{1,2}(?:help|version|usage|[hV?])$/.test(option)) continue;
      if (!every && (row.value === undefined || row.optional === true || row.does !== undefined)) continue;
      const table = row.value !== undefined && row.optional !== true ? "value" : "flag";
      const reading = readingOf(name, option, folder);
      const agrees = reading === "absent" ? elsewhere.has(option) : reading === table || (reading === "unsure" && table === "flag") || row.does !== undefined;
      if (!agrees) found.push({ option, table, program: reading });
    }
  return found;
}
