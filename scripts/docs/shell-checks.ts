// docs/shell-checks.md: the checks of src/shell/checks as a page, and what the corpus says of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "../../src/shell/checks/index.ts";

export const path = "docs/shell-checks.md";

/**
 * As `node test/shell/corpus/measure.ts --write` and `second-lock.ts --write` leave it; corpus.test.ts and second-lock.long.ts
 * beside them hold it to be true.
 */
interface Measured {
  readonly classes: readonly { readonly class: string; readonly hostile: boolean; readonly rows: number; readonly wrong: number }[];
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("\n", " ");

/** As code, with whatever can't be seen written out. */
function code(text: string): string {
  const shown = JSON.stringify(text)
    .slice(1, -1)
    .replaceAll('\\"', '"')
    .replaceAll("\\\\", "\\")
    .replaceAll(/[^\x20-\x7e]/gu, (sign) => `\\u{${(sign.codePointAt(0) ?? 0).toString(16)}}`);
  const short = shown.length > 90 ? `${shown.slice(0, 88)} …` : shown;
  const fence = short.includes("`") ? "``" : "`";
  return cell(fence === "`" ? `\`${short}\`` : `\`\` ${short} \`\``);
}

const measured = (name: string): Measured["classes"] =>
  (JSON.parse(readFileSync(join(import.meta.dirname, "../../test/shell/corpus", name), "utf8")) as Measured).classes;

function sumOf(classes: Measured["classes"], hostile: boolean): { readonly rows: number; readonly wrong: number } {
  const mine = classes.filter((each) => each.hostile === hostile);
  return { rows: mine.reduce((all, each) => all + each.rows, 0), wrong: mine.reduce((all, each) => all + each.wrong, 0) };
}

function table(classes: Measured["classes"], hostile: boolean, [kind, wrong]: readonly [string, string]): string {
  const rows = classes.filter((each) => each.hostile === hostile);
  const lines = rows.map((each) => `| ${each.class} | ${each.rows} | ${each.wrong === 0 ? "–" : each.wrong} |`);
  return [`| class, ${kind} | rows | ${wrong} |`, "|---|---|---|", ...lines].join("\n");
}

const percent = ({ rows, wrong }: { readonly rows: number; readonly wrong: number }): string => `${((100 * wrong) / rows).toFixed(1)} %`;

function corpus(): string {
  const classes = measured("measured.json");
  const [bad, good] = [sumOf(classes, true), sumOf(classes, false)];
  return `${bad.rows} rows do harm or have to be asked about: ${bad.rows - bad.wrong} are found. ${good.rows} only read: ${good.wrong} of them are asked about
all the same (${percent(good)}).

${table(classes, true, ["hostile", "missed"])}

${table(classes, false, ["benign", "asked about"])}
`;
}

function secondLock(): string {
  const classes = measured("second-lock.json");
  const [bad, good] = [sumOf(classes, true), sumOf(classes, false)];
  return `The same rows with the analyser switched off: every one, hostile or not, is run by bosun's own shell in the read-only sandbox, as if it
had been proved. Of ${bad.rows} hostile rows that run here ${bad.rows - bad.wrong} lose their effect (${percent({ rows: bad.rows, wrong: bad.rows - bad.wrong })}): nothing of the world is changed, what they are to show
is not shown, no connection comes about, and what does not end is ended by the time limit. ${good.wrong} of ${good.rows} benign rows (${percent(good)}) end with
another exit code or print another byte than bash alone; of rows that print something else each time only the exit code is compared.
\`node test/shell/corpus/second-lock.ts\` says which.

What hostile rows keep is reading: of a secret that the repository's history holds (git reads its own store), of the system's own
files in \`/etc\`, which programs need, and of the command's own environment, from which keys were left out. What benign rows lose is the
sight of what stands outside: sizes and owners of covered secrets, files that links name outside the project, other processes, other mounts.

${table(
  classes.filter((each) => each.wrong > 0),
  true,
  ["hostile", "kept an effect"],
)}

${table(
  classes.filter((each) => each.wrong > 0),
  false,
  ["benign", "came out otherwise"],
)}
`;
}

export function generate(): string {
  const rows = checks.map((check) => {
    const [fires = ""] = check.fires;
    const [passes] = check.passes;
    return `| ${check.id} | ${cell(check.title)} | ${check.class} | ${cell(check.sees)} | ${code(fires)} | ${passes === undefined ? "" : code(passes)} | ${cell(check.reference)} |`;
  });
  return `# Shell checks

Generated from src/shell/checks and test/shell/corpus by \`npm run docs\`; do not edit.

A command runs without being asked about only if no check fires, and what it reads lies inside the project and is no secret.
Each example below is tried by a test: with its check alone switched off, one of them is let through.

| check | title | class | sees | fires on | passes | reference |
|---|---|---|---|---|---|---|
${rows.join("\n")}

## The corpus

Every row was run for real, in a throw-away world without a network, and had exactly the effect that it names; the benign ones had none.
\`node test/shell/corpus/run.ts FILE…\` runs them again, \`node test/shell/corpus/measure.ts FILE… --list\` shows what is asked and why.

${corpus()}
## The second lock

${secondLock()}`;
}
