// `bosun tools`: what a session would have, told from metadata alone. Run from the sources, so that every module is seen as it loads.
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makePlace, type Place, sharedCompileCache } from "../agent/support.ts";

const root = join(import.meta.dirname, "../..");
const hook = `import { registerHooks } from "node:module";
registerHooks({ load(url, context, next) { process._rawDebug("loads " + url); return next(url, context); } });`;

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Every module that was loaded. */
  readonly loaded: readonly string[];
}
function tools(place: Place, ...words: readonly string[]): Ran {
  const traced = ["--no-warnings", "--import", `data:text/javascript,${encodeURIComponent(hook)}`, join(root, "src/cli/main.ts"), "tools", ...words];
  const env = { PATH: process.env.PATH ?? "", HOME: place.home, BOSUN_HOME: place.home, ...sharedCompileCache };
  const ran = spawnSync(process.execPath, traced, { cwd: place.project, env, encoding: "utf8" });
  const lines = ran.stderr.split("\n");
  const isTrace = (line: string) => line.startsWith("loads ");
  return {
    code: ran.status,
    stdout: ran.stdout,
    stderr: lines.filter((line) => !isTrace(line)).join("\n"),
    loaded: lines.filter(isTrace).map((line) => line.slice("loads ".length)),
  };
}

interface Listed {
  readonly mode: string;
  readonly tools: readonly {
    readonly name: string;
    readonly state: string;
    readonly by?: string;
    readonly why?: string;
    readonly sha256?: string;
    readonly bytes?: number;
  }[];
}
const parsed = ({ stdout }: Ran) => JSON.parse(stdout) as Listed;

test("lists every tool with its facts and the reason why it is absent, and loads no implementation", () => {
  const place = makePlace();
  fs.mkdirSync(place.home);
  fs.writeFileSync(join(place.home, "settings.json"), '{ "permissions.deny": ["grep"] }');
  const ran = tools(place, "--for", "plan", "--agent", "verify", "--json");
  expect(ran).toMatchObject({ code: 0, stderr: "" });
  const { mode, tools: rows } = parsed(ran);
  expect(mode).toBe("plan");
  const row = (name: string) => rows.find((one) => one.name === name);
  expect(row("bash")).toEqual({
    name: "bash",
    state: "head",
    source: { tier: "builtin" },
    tier: "builtin",
    responsibility: "Runs one shell command.",
    effect: "execute",
    redo: "never",
    independent: false,
    subjects: [{ kind: "command", field: "command" }],
    sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    bytes: expect.any(Number),
    tokens: expect.any(Number),
  });
  expect(row("grep")).toMatchObject({ state: "absent", by: "ruled", why: expect.stringMatching(/^the rule "grep" denies it \(.*settings\.json/) });
  expect(row("edit")).toMatchObject({ state: "absent", by: "agent" });
  expect(row("find_tool")).toMatchObject({ state: "head" });
  expect(ran.loaded.some((url) => url.endsWith("/builtin/bash/meta.ts"))).toBe(true);
  expect(ran.loaded.filter((url) => /\/tools\/(builtin|plugins|skills)\/.*run\.ts$|\/builtin\/[^/]+\/(?!meta\.ts)[^/]*$/.test(url))).toEqual([]);
  // the same bytes the next time
  expect(parsed(tools(place, "--for", "plan", "--agent", "verify", "--json")).tools).toEqual(rows);
});

test("says in words what is deferred, and refuses what it does not know with the next move", () => {
  const place = makePlace();
  fs.mkdirSync(place.home);
  fs.writeFileSync(join(place.home, "settings.json"), '{ "limits.toolTokens": 150 }');
  const ran = tools(place);
  expect(ran.stdout).toMatch(/^A new session here in mode ask, agent main: \d+ tools, about \d+ tokens/);
  expect(ran.stdout).toMatch(/^bash +head +execute +built in +[0-9a-f]{12} +Runs one shell command\.$/m);
  expect(ran.stdout).toMatch(/^write +deferred/m);
  expect(ran.stdout).toMatch(/^find_tool +head/m);
  expect(tools(place, "--agent", "boss")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("explore") });
  expect(tools(place, "more")).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("bosun help tools") });
});
