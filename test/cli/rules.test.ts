// Rules as a person meets them: malformed ones with file and line, useless ones in doctor, none where only managed ones count.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { createPersonHandler } from "../../src/cli/approve.ts";
import type { Screen } from "../../src/cli/screen.ts";
import type { Request } from "../../src/permissions/index.ts";
import { bash, done, makePlace, serve } from "../agent/support.ts";
import { bosun } from "./support.ts";

function put(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}

test("a malformed rule stops the start with its file, its line, the place in it and what is wrong", async () => {
  const place = makePlace();
  const path = join(place.home, "settings.json");
  put(path, '{\n  "permissions": {\n    "deny": [\n      "bash(rm *)",\n      "bash(git log; rm x)"\n    ]\n  }\n}\n');
  const server = await serve([done]);
  const ended = await bosun({ place, server }, "-p", "go");
  expect(ended.code).toBe(2);
  expect(ended.stderr).toContain(`${path}:5: the deny rule "bash(git log; rm x)" can't be read at character 13: ";" joins or expands commands`);
  expect(server.requests).toHaveLength(0);
});

test("doctor names rules that never match and that another one makes idle, which is no failure", async () => {
  const place = makePlace();
  const path = join(place.home, "settings.json");
  put(path, '{ "permissions": {\n "allow": ["bash(git log *)", "weather__*",\n "bsh(ls)"], "deny": ["bash(git *)"] } }');
  const { stdout, code } = await bosun({ place, server: await serve([]) }, "doctor");
  expect(stdout).toContain(`bash(git log *) (allow, ${path}:2) allows nothing: bash(git *) (${path}:3) denies all of it`);
  expect(stdout).toContain(`weather__* (allow, ${path}:2) never matches: no tool here is called like "weather__*"`);
  expect(stdout).toContain(`bsh(ls) (allow, ${path}:3) never matches: there is no tool "bsh"; did you mean bash?`);
  expect(stdout.split("\n").filter((line) => /^✗ +(?:rule|settings)/.test(line))).toEqual([]);
  expect(code).toBe(stdout.includes("✗") ? 2 : 0);
});

test("a flag overcomes an ask rule of the person's own file, and not a deny rule", async () => {
  for (const [list, made] of [
    ["ask", true],
    ["deny", false],
  ] as const) {
    const place = makePlace();
    put(join(place.home, "settings.json"), JSON.stringify({ permissions: { [list]: ["bash(touch *)"] } }));
    await bosun({ place, server: await serve([{ reply: [bash("touch made")] }, done]) }, "-p", "go", "--allowed-tools", "bash(touch made)");
    expect(fs.existsSync(place.file("made"))).toBe(made);
  }
});

test("where only managed rules count, none is offered, and asking for one is no answer", async () => {
  const shown: string[] = [];
  const screen = {
    write: (text: string) => shown.push(text),
    pause() {},
    resume() {},
    status() {},
    paint: (text: string) => text,
    live: false,
  } as unknown as Screen;
  const call = { id: "c_1" as Request["call"]["id"], tool: "bash", input: { command: "npm test" } };
  const facts = { cwd: "/p", root: "/p", paths: [], commands: [{ words: ["npm", "test"], span: { start: 0, end: 8 } }], domains: [] };
  const request: Request = { call, effect: "execute", source: { tier: "builtin" }, subject: "npm test", facts };
  const settle = (rules: boolean, ...answers: string[]) => {
    const ask = (prompt: string) => {
      shown.push(prompt);
      return Promise.resolve(answers.shift() ?? null);
    };
    const handler = createPersonHandler({
      screen,
      ask,
      home: "/h",
      environment: {},
      aside: (work) => work(),
      rules: () => rules,
      project: () => () => Promise.resolve(null),
    });
    return handler.settle(request, { by: "fact", says: "x" }, { kind: "none" }, new AbortController().signal);
  };
  expect(await settle(true, "a")).toMatchObject({ holds: "session", rule: "bash(npm test *)" });
  expect(shown.join("")).toContain("[p]roject");
  shown.length = 0;
  expect(await settle(false, "a", "p", "y")).toMatchObject({ verdict: "allow", holds: "call" });
  expect(shown.join("")).not.toMatch(/always|\[p\]roject/);
});
