// The demo's material alone, without bosun: the package is what SOURCE.md says, its test fails, the scripted edit makes it pass.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { parseScript, type Script, type TextMatch, type Turn } from "../../src/testing/index.ts";

interface Counts {
  readonly exit: number;
  readonly pass: number;
  readonly fail: number;
}
interface Command {
  readonly command: string;
  readonly before: Counts;
  readonly after: Counts;
}
interface Source {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly prompt: string;
  readonly bug: { readonly issue: string; readonly fix: string };
  readonly integrity: Readonly<Record<string, string>>;
  readonly test: Command;
  readonly suite: Command;
  readonly files: readonly { readonly path: string; readonly from: string; readonly sha256: string }[];
}

const demo = fileURLToPath(new URL("../../demo/", import.meta.url));
const vendored = join(demo, "package");
const source = JSON.parse(await readFile(join(demo, "source.json"), "utf8")) as Source;
const sourceText = await readFile(join(demo, "SOURCE.md"), "utf8");

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

async function copyOfThePackage(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "bosun-demo-"));
  folders.push(folder);
  await cp(vendored, folder, { recursive: true });
  return folder;
}

interface Ran extends Counts {
  readonly output: string;
}

/** Runs a command of the script in bash, with the node of this test first on the path, and reads the test reporter's totals. */
function run(command: string, folder: string): Promise<Ran> {
  // A test runner inside a test runner reports to its parent unless this variable is gone.
  const { NODE_TEST_CONTEXT: _, ...environment } = process.env;
  const env = { ...environment, PATH: `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}`, LC_ALL: "C" };
  return new Promise((resolve) => {
    execFile("bash", ["-c", command], { cwd: folder, env }, (error, stdout, stderr) => {
      const total = (word: string): number => Number(new RegExp(`ℹ ${word} (\\d+)`).exec(stdout)?.[1] ?? Number.NaN);
      resolve({ exit: error === null ? 0 : Number(error.code), pass: total("pass"), fail: total("fail"), output: stdout + stderr });
    });
  });
}

const countsOf = ({ exit, pass, fail }: Ran): Counts => ({ exit, pass, fail });

interface Edit {
  readonly old: string;
  readonly new: string;
}
const callsOf = (turn: Turn): readonly { readonly tool: string; readonly input: JsonObject }[] =>
  turn.reply.flatMap((part) => ("call" in part && "input" in part ? [{ tool: part.call, input: part.input }] : []));

/** The script's edit by plain string replacement: each old text must occur exactly once. */
async function applyEdit(input: JsonObject, folder: string): Promise<void> {
  const path = join(folder, String(input.path));
  let text = await readFile(path, "utf8");
  for (const edit of input.edits as unknown as readonly Edit[]) {
    const pieces = text.split(edit.old);
    expect(pieces).toHaveLength(2);
    text = pieces.join(edit.new);
  }
  await writeFile(path, text);
}

async function readScript(): Promise<Script> {
  const parsed = parseScript(await readFile(join(demo, "script.json"), "utf8"), "demo/script.json");
  if (!parsed.ok) throw parsed.error;
  return parsed.value;
}

function fits(text: TextMatch, output: string): boolean {
  const wanted = typeof text === "string" ? { contains: text } : text;
  return (
    (wanted.contains === undefined || output.includes(wanted.contains)) &&
    (wanted.excludes === undefined || !output.includes(wanted.excludes)) &&
    (wanted.equals === undefined || output === wanted.equals) &&
    (wanted.matches === undefined || new RegExp(wanted.matches, "su").test(output))
  );
}

describe("the vendored package", () => {
  it("holds the listed files, byte for byte, and no others", async () => {
    const found = (await readdir(vendored, { recursive: true, withFileTypes: true }))
      .filter((entry) => entry.isFile())
      .map((entry) => relative(vendored, join(entry.parentPath, entry.name)).replaceAll(sep, "/"))
      .sort();
    expect(found).toEqual(source.files.map((file) => file.path).sort());
    for (const file of source.files) {
      const sha256 = createHash("sha256")
        .update(await readFile(join(vendored, file.path)))
        .digest("hex");
      expect(`${file.path} ${sha256}`).toBe(`${file.path} ${file.sha256}`);
    }
  });

  it("is the package, version and licence that are claimed, and needs nothing installed", async () => {
    const manifest = JSON.parse(await readFile(join(vendored, "package.json"), "utf8")) as Record<string, unknown>;
    expect(manifest).toMatchObject({ name: source.name, version: source.version, license: source.license });
    expect(manifest).not.toHaveProperty("dependencies");
    expect(await readFile(join(vendored, "LICENSE"), "utf8")).toContain("MIT License");
  });

  it("has its source, both tarballs, the report and the fix named in SOURCE.md", () => {
    for (const [version, integrity] of Object.entries(source.integrity)) {
      expect(integrity).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      expect(sourceText).toContain(version);
      expect(sourceText).toContain(integrity);
    }
    expect(sourceText).toContain(source.bug.issue);
    expect(sourceText).toContain(source.bug.fix);
    for (const file of source.files) expect(sourceText).toContain(`\`${file.path}\``);
    expect(new Set(source.files.map((file) => file.from))).toEqual(new Set(Object.keys(source.integrity)));
  });
});

describe("the bug and the scripted fix", () => {
  it("fails the package's own test before the edit and passes everything after it", async () => {
    const folder = await copyOfThePackage();
    expect(countsOf(await run(source.test.command, folder))).toEqual(source.test.before);
    expect(countsOf(await run(source.suite.command, folder))).toEqual(source.suite.before);

    const edits = (await readScript()).turns.flatMap(callsOf).filter((call) => call.tool === "edit");
    expect(edits).toHaveLength(1);
    for (const edit of edits) await applyEdit(edit.input, folder);

    expect(countsOf(await run(source.test.command, folder))).toEqual(source.test.after);
    expect(countsOf(await run(source.suite.command, folder))).toEqual(source.suite.after);
  }, 60_000);

  it("goes on only when the commands came out as the script says", async () => {
    const folder = await copyOfThePackage();
    const identity = "git -c user.name=demo -c user.email=demo@example.invalid -c commit.gpgsign=false";
    expect((await run(`git init -q . && git add -A && ${identity} commit -q -m start`, folder)).exit).toBe(0);
    const { turns } = await readScript();
    expect(fits(turns[0]?.match?.userText ?? "", source.prompt)).toBe(true);

    const unfixed = (await run(source.test.command, folder)).output;
    let last = "";
    let proved = 0;
    for (const turn of turns) {
      const wanted = turn.match?.toolResult;
      if (wanted?.tool === "bash" && wanted.text !== undefined) {
        expect(`${turn.title}: ${fits(wanted.text, last)}`).toBe(`${turn.title}: true`);
        // Had the edit changed nothing, no later turn would be served.
        if (proved > 0) expect(`${turn.title}: ${fits(wanted.text, unfixed)}`).toBe(`${turn.title}: false`);
        proved += 1;
      }
      for (const call of callsOf(turn)) {
        if (call.tool === "edit") await applyEdit(call.input, folder);
        if (call.tool === "bash") last = (await run(String(call.input.command), folder)).output;
      }
    }
    expect(proved).toBe(4);
  }, 60_000);

  it("reads lines that show what the next turn looks for", async () => {
    const { turns } = await readScript();
    const reads = turns.flatMap(callsOf).filter((call) => call.tool === "read" && call.input.offset !== undefined);
    expect(reads.length).toBeGreaterThan(0);
    const shown = [];
    for (const { input } of reads) {
      const lines = (await readFile(join(vendored, String(input.path)), "utf8")).split("\n");
      shown.push(lines.slice(Number(input.offset) - 1, Number(input.offset) - 1 + Number(input.limit)));
    }
    expect(shown.map((lines) => lines[0]?.startsWith("function "))).toEqual(reads.map(() => true));
    expect(shown.map((lines) => lines.at(-1))).toEqual(reads.map(() => "}"));
    expect(shown.at(-1)?.join("\n")).toContain("function redactIntermediateWildcard");
  });
});
