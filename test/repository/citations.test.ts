// What docs/durability.md says is held by a test names one that is there: `room/file "title"`, a title by its beginning.
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

interface Citation {
  readonly file: string;
  /** Null: the file as a whole. */
  readonly title: string | null;
}

/** A name of a file, and the quoted titles that follow it, with nothing but commas between. */
function citationsIn(text: string): readonly Citation[] {
  const found: Citation[] = [];
  for (const line of text.split("\n")) {
    let file: string | null = null;
    let end = 0;
    for (const match of line.matchAll(/(?<![\w/.-])(?:test\/)?([a-z-]+\/[a-z0-9-]+)(?:(?:\.test|\.long)?\.ts)?(?![\w/])|"([^"]+)"/g)) {
      const between = line.slice(end, match.index);
      end = match.index + match[0].length;
      if (match[1] !== undefined) {
        file = fileOf(match[1]);
        if (file) found.push({ file, title: null });
      } else if (file && match[2] !== undefined && /^[\s,]*$/.test(between)) found.push({ file, title: match[2] });
      else file = null;
    }
  }
  return found;
}

const rooms = new Set(fs.readdirSync(join(root, "test")));

/** Null: it is no name of a file of tests. One that looks like it and is not there counts as one. */
function fileOf(name: string): string | null {
  if (!rooms.has(name.split("/")[0] ?? "")) return null;
  const paths = [`test/${name}.test.ts`, `test/${name}.long.ts`, `test/${name}.ts`];
  return paths.find((path) => fs.existsSync(join(root, path))) ?? paths[0] ?? null;
}

/** Titles of tests and groups as they stand in the source: those of tables with their placeholders. */
function titlesIn(file: string): readonly string[] {
  const source = fs.readFileSync(join(root, file), "utf8");
  const calls = /(?:\b(?:test|describe)\b(?:\.\w+)*(?:<[^>]*>)?|\])(?:\s*as const)?\)?\(\s*(?:"((?:[^"\\]|\\.)*)"|`((?:[^`\\]|\\.)*)`|'((?:[^'\\]|\\.)*)')/g;
  const rows = /^\s*\[\s*"((?:[^"\\]|\\.)*)",/gm;
  return [
    ...[...source.matchAll(calls)].map(([, double, back, single]) => double ?? back ?? single ?? ""),
    // a table whose rows begin with their titles
    ...(source.includes('("%s"') ? [...source.matchAll(rows)].map(([, title]) => title ?? "") : []),
  ].map((title) => title.replace(/\\(["'`])/g, "$1"));
}

const cited = citationsIn(fs.readFileSync(join(root, "docs/durability.md"), "utf8"));

test("docs/durability.md cites tests by file and title", () => {
  expect(cited.filter(({ title }) => title !== null).length).toBeGreaterThan(30);
});

test("every file that it names is there", () => {
  expect([...new Set(cited.map(({ file }) => file))].filter((file) => !fs.existsSync(join(root, file)))).toEqual([]);
});

test("every title that it quotes is the beginning of one in that file", () => {
  const wrong = cited.filter(({ file, title }) => title !== null && fs.existsSync(join(root, file)) && !titlesIn(file).some((one) => one.startsWith(title)));
  expect(wrong.map(({ file, title }) => `${file} "${title}"`)).toEqual([]);
});

test("a title that is nowhere, and one of another file, would be found out", () => {
  const [first] = cited.filter(({ title }) => title !== null);
  const text = `agent/recovery "no such title"; session/fold "and is there: applied", "${"x".repeat(9)}"; agent/none "a"; somebody said "a"`;
  const found = citationsIn(text).filter(({ title }) => title !== null);
  expect(found.map(({ file }) => file)).toEqual([
    "test/agent/recovery.test.ts",
    "test/session/fold.test.ts",
    "test/session/fold.test.ts",
    "test/agent/none.test.ts",
  ]);
  const isThere = found.map(({ file, title }) => fs.existsSync(join(root, file)) && titlesIn(file).some((one) => one.startsWith(title ?? "")));
  expect(isThere).toEqual([false, false, false, false]);
  expect(first).toBeDefined();
});
