import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");
const expected: Readonly<Record<string, readonly string[]>> = {
  "01-one-prompt.ts": ["Hello from the script.", "answered, session s_"],
  "02-own-tool.ts": ["dice: executing", "dice: done", "answered"],
  "03-approve.ts": ["allow: echo hello", "deny: touch made", "answered"],
  "04-plugin.ts": ["allow: licences__check", "licences__check: done", "licences__report: done", "answered | left | 1.0.0 | GPL-3.0-only |"],
  "05-skill.ts": ["allow: bash", "asked for write: the skill commit-story", "answered: The settings"],
};

describe("examples", () => {
  test("each example has its expected lines here", () => {
    expect(
      readdirSync(join(root, "examples"))
        .filter((name) => name.endsWith(".ts"))
        .sort(),
    ).toEqual(Object.keys(expected));
  });

  test.each(Object.keys(expected))("%s runs against the built package", async (name) => {
    expect(existsSync(join(root, "dist/index.js")), "run `npm run build` first").toBe(true);
    const environment = { ...process.env, BOSUN_HOME: mkdtempSync(join(tmpdir(), "bosun-home-")) };
    const { stdout } = await promisify(execFile)(process.execPath, [join(root, "examples", name)], {
      env: environment,
      cwd: environment.BOSUN_HOME,
      timeout: 20_000,
    });
    for (const line of expected[name] ?? []) expect(stdout).toContain(line);
  });
});
