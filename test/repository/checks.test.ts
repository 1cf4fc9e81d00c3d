// Each check of the repository's structure refuses its fixture and accepts the repository.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { checks } from "../../scripts/checks/all.ts";
import { formatFinding } from "../../scripts/checks/finding.ts";

const root = join(import.meta.dirname, "../..");

/** `file:line` of each finding of a check, and all its words. */
async function run(check: string, folder: string): Promise<{ readonly places: readonly string[]; readonly words: string }> {
  const findings = (await checks[check]?.(folder)) ?? [];
  return { places: findings.map((finding) => `${finding.file}:${finding.line}`), words: findings.map(formatFinding).join("\n") };
}

const fixture = (name: string): string => join(import.meta.dirname, "fixtures", name);

describe("the repository passes its own check:", () => {
  test.each(Object.keys(checks))(
    "%s",
    async (name) => {
      expect((await run(name, root)).words).toBe("");
    },
    60_000,
  );
});

describe("floors", () => {
  test("refuses imports upwards, unlisted sideways, of insides, from outside src, and unknown rooms", async () => {
    const { places, words } = await run("floors", fixture("floors"));
    expect(places).toEqual([
      "src/attic/index.ts:0",
      "src/base/index.ts:1",
      "src/base/outside.ts:1",
      "src/permissions/inside.ts:1",
      "src/session/index.ts:1",
      "src/tools/index.ts:2",
    ]);
    expect(words).toContain("base (floor 0) may not import tools (floor 2)");
    expect(words).toContain("session (floor 3) may not import cli (floor 7)");
    expect(words).toContain("imports the inside of tools");
    expect(words).toContain("tools (floor 2) may not import permissions (floor 2)");
  });
});

describe("sizes", () => {
  test("refuses the 81st line of a function and the 501st of a file, but not a suite or a generated table", async () => {
    expect((await run("sizes", fixture("sizes"))).places).toEqual(["src/base/file.ts:0", "src/base/functions.ts:81", "test/suite.test.ts:92"]);
  });
});

describe("commit-calls", () => {
  test("refuses every way of reaching for commit outside execute.ts", async () => {
    expect((await run("commit-calls", fixture("commit-calls"))).places).toEqual([2, 3, 4].map((line) => `src/agent/shortcut.ts:${line}`));
  });
});

describe("dependencies", () => {
  test("refuses ranges, missing, doubled, left-over and unfilled rows", async () => {
    const { words } = await run("dependencies", fixture("dependencies"));
    expect(words.split("\n")).toHaveLength(6);
    expect(words).toContain('floating is "^1.0.0"');
    expect(words).toContain('deep is "latest"');
    expect(words).toContain("a second row for pinned");
    expect(words).toContain("the row of floating needs 7 filled cells");
    expect(words).toContain("left-over is not in package.json");
    expect(words).toContain("no row for without-row");
  });
});

describe("assets", () => {
  test("refuses a file that is missing and one that the build does not copy", async () => {
    expect((await run("assets", fixture("assets"))).places).toEqual(["src/context/prompt.ts:2", "src/context/prompt.ts:3"]);
  });
});

describe("generated", () => {
  test("refuses a page that its generator would write otherwise", async () => {
    expect((await run("generated", fixture("generated"))).words).toContain("docs/errors.md  is not what its generator writes now");
  });
});

describe("snippets", () => {
  test("refuses snippets that do not compile, at their line of the page", async () => {
    const { places, words } = await run("snippets", fixture("snippets"));
    expect(places).toEqual(["README.md:12", "README.md:14", "docs/page.md:4"]);
    expect(words).toContain("question");
  }, 60_000);
});

describe("words", () => {
  const folder = mkdtempSync(join(tmpdir(), "bosun-words-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("refuses machine paths, registry hosts and folders beside the repository", async () => {
    // Made here, in pieces: a fixture in the repository would be found by the check of the repository.
    const [machine, host, beside] = [`/${"work"}/main/x`, `https://${"registry"}.npmjs.org/zod`, `../${"shared"}/corpora`];
    mkdirSync(join(folder, "test"));
    writeFileSync(join(folder, "notes.md"), `fine: src/network/main, ~/${"work"}/x\nsee ${machine}\nfrom ${host}\nread ${beside}\n`);
    writeFileSync(join(folder, "test/corpus.test.ts"), `test.skipIf(!there)("(skipped: no corpus)", () => read("${beside}"));\n`);
    writeFileSync(join(folder, "test/other.test.ts"), `test("x", () => read("${beside}"));\n`);
    const { places } = await run("words", folder);
    expect([...places].sort()).toEqual(["notes.md:2", "notes.md:3", "notes.md:4", "test/other.test.ts:1"]);
  });
});
