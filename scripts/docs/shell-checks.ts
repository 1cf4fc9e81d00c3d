// docs/shell-checks.md: the checks of src/shell/checks as a page, and what the corpus says of them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checks } from "../../src/shell/checks/index.ts";

export const path = "docs/shell-checks.md";

/** As `node test/shell/corpus/measure.ts --write` leaves it; test/shell/corpus/corpus.test.ts holds it to be true. */
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

function corpus(): string {
  const { classes } = JSON.parse(readFileSync(join(import.meta.dirname, "../../test/shell/corpus/measured.json"), "utf8")) as Measured;
  const line = (each: Measured["classes"][number]): string => `| ${each.class} | ${each.rows} | ${each.wrong === 0 ? "–" : each.wrong} |`;
  const sum = (hostile: boolean): { rows: number; wrong: number } => {
    const mine = classes.filter((each) => each.hostile === hostile);
    return { rows: mine.reduce((all, each) => all + each.rows, 0), wrong: mine.reduce((all, each) => all + each.wrong, 0) };
  };
  const [bad, good] = [sum(true), sum(false)];
  return `${bad.rows} rows do harm or have to be asked about: ${bad.rows - bad.wrong} are found. ${good.rows} only read: ${good.wrong} of them are asked about
all the same (${((100 * good.wrong) / good.rows).toFixed(1)} %).

| class, hostile | rows | missed |
|---|---|---|
${classes
  .filter((each) => each.hostile)
  .map(line)
  .join("\n")}

| class, benign | rows | asked about |
|---|---|---|
${classes
  .filter((each) => !each.hostile)
  .map(line)
  .join("\n")}
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

${corpus()}`;
}
