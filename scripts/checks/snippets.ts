// The `ts` snippets of README.md, AGENTS.md and docs/ compile against the source, with `bosun` and its doors resolved to src.
import { execFileSync } from "node:child_process";
import { globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Finding } from "./finding.ts";
import { readIfThere } from "./source.ts";

interface Snippet {
  readonly page: string;
  /** Line of the page on which the first line of the snippet stands. */
  readonly line: number;
  readonly text: string;
}

const tsc = join(import.meta.dirname, "../../node_modules/typescript/bin/tsc");

export function checkSnippets(root: string): Finding[] {
  const pages = ["README.md", "AGENTS.md", ...globSync("docs/**/*.md", { cwd: root })].sort();
  const snippets = pages.flatMap((page) => snippetsOf(page, readIfThere(join(root, page)) ?? ""));
  return snippets.length === 0 ? [] : compile(root, snippets);
}

function snippetsOf(page: string, text: string): Snippet[] {
  const found: Snippet[] = [];
  let open: { line: number; lines: string[] } | undefined;
  text.split("\n").forEach((line, index) => {
    if (open === undefined) {
      if (/^```(ts|typescript)\s*$/.test(line)) open = { line: index + 2, lines: [] };
    } else if (line.startsWith("```")) {
      found.push({ page, line: open.line, text: open.lines.join("\n") });
      open = undefined;
    } else open.lines.push(line);
  });
  return found;
}

function compile(root: string, snippets: readonly Snippet[]): Finding[] {
  // Inside the root, so that packages and the types of Node resolve as they do for the source.
  const cache = join(root, "node_modules/.cache");
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, "snippets-"));
  try {
    snippets.forEach((snippet, index) => {
      writeFileSync(join(folder, `snippet-${index}.ts`), /^(import|export)\b/m.test(snippet.text) ? snippet.text : `${snippet.text}\nexport {};\n`);
    });
    writeFileSync(join(folder, "package.json"), '{ "type": "module" }');
    writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(settings(root)));
    return errors(folder, snippets);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function settings(root: string): object {
  const doors = ["tools", "permissions", "session", "model", "testing"];
  const paths = Object.fromEntries([["bosun", [join(root, "src/index.ts")]], ...doors.map((door) => [`bosun/${door}`, [join(root, `src/${door}/index.ts`)]])]);
  return {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { paths, noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts", join(root, "src/**/*.d.ts")],
    exclude: [],
  };
}

function errors(folder: string, snippets: readonly Snippet[]): Finding[] {
  try {
    execFileSync(process.execPath, [tsc, "--project", folder, "--pretty", "false"], { encoding: "utf8", cwd: folder });
    return [];
  } catch (error) {
    const output = String((error as { readonly stdout?: unknown }).stdout ?? error);
    const findings = [...output.matchAll(/^snippet-(\d+)\.ts\((\d+),\d+\): (.*)$/gm)].flatMap(([, index, line, says]) => {
      const snippet = snippets[Number(index)];
      return snippet === undefined ? [] : [{ file: snippet.page, line: snippet.line + Number(line) - 1, says: says ?? "" }];
    });
    // Errors elsewhere (in src, in the settings) are no fault of a snippet, but nothing was proved then.
    return findings.length > 0 ? findings : [{ file: "tsconfig.json", line: 0, says: `the snippets could not be compiled: ${output.slice(0, 2000)}` }];
  }
}
