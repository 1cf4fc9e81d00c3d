// The smaller commands.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { commandNames } from "../../src/cli/command-table.ts";
import { optionsOf } from "../../src/cli/option-table.ts";
import { bash, done, makePlace, serve, until } from "../agent/support.ts";
import { bosun, start } from "./support.ts";

describe("help and version", () => {
  test("--version alone and among other options", async () => {
    const place = makePlace();
    for (const words of [["--version"], ["-V"], ["--version", "--verbose"]])
      expect(await bosun({ place }, ...words)).toMatchObject({ code: 0, stdout: `${manifest.version}\n`, stderr: "" });
  });
  test("--version writes nothing into the home", async () => {
    const place = makePlace();
    await bosun({ place }, "--version");
    expect(fs.existsSync(place.home)).toBe(false);
  });
  test("--help names every command and every option", async () => {
    const { stdout, code } = await bosun({ place: makePlace() }, "--help");
    expect(code).toBe(0);
    for (const name of commandNames) expect(stdout).toContain(`  ${name} `);
    for (const [name] of optionsOf("")) expect(stdout).toContain(`--${name}`);
  });
  test("help of a command, in three forms", async () => {
    const place = makePlace();
    const [one, two] = [await bosun({ place }, "help", "sessions"), await bosun({ place }, "sessions", "--help")];
    expect(one.stdout).toBe(two.stdout);
    expect(one.stdout).toMatch(/bosun sessions export ID[\s\S]*--search TEXT/);
    expect(await bosun({ place }, "help", "nonsense")).toMatchObject({ code: 2, stderr: expect.stringContaining("sessions, ") });
  });
});

describe("models and doctor", () => {
  test("models marks those that can be called", async () => {
    const { stdout } = await bosun({ place: makePlace(), environment: { OPENAI_API_KEY: "key" } }, "models");
    expect(stdout).toMatch(/^✓ {2}openai\//m);
    expect(stdout).toMatch(/^ {3}anthropic\//m);
  });
  test("models --json says of each what it can do; what is not known is null, and no key is printed", async () => {
    const environment = { OPENAI_API_KEY: "sk-very-secret" };
    const { stdout } = await bosun({ place: makePlace(), environment }, "models", "--json");
    const rows = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    const of = (model: string) => rows.find((row) => row.model === model);
    expect(of("openai/gpt-6.2-sol")).toMatchObject({
      wire: "responses",
      usable: true,
      key: { name: "OPENAI_API_KEY", present: true },
      efforts: ["low", "medium", "high"],
      thinking: null,
      cache: { minimumTokens: 1024, breakpoints: true },
    });
    expect(of("anthropic/claude-haiku-4-5")).toMatchObject({ wire: "messages", usable: false, key: { present: false }, thinking: "budget", efforts: null });
    expect(of("gemini/gemini-4-argon")).toMatchObject({ wire: "gemini", usable: false });
    expect(stdout).not.toContain("very-secret");
  });
  test("doctor names the key's variable and never the key, and says what is wrong with settings and rules", async () => {
    const place = makePlace();
    fs.mkdirSync(place.home, { recursive: true });
    const settings = join(place.home, "settings.json");
    fs.writeFileSync(settings, '{ "permissions": { "allow": ["bash(git log *)", "reed(src/**)"], "deny": ["bash(git log *)"] } }');
    const environment = { ANTHROPIC_API_KEY: "sk-ant-very-secret" };
    const good = await bosun({ place, environment }, "doctor");
    expect(good).toMatchObject({ code: 0, stderr: "" });
    expect(good.stdout).toMatch(/✓ {2}anthropic +a key is set in ANTHROPIC_API_KEY/);
    expect(good.stdout).not.toContain("very-secret");
    expect(good.stdout).toMatch(/bash\(git log \*\).*deny wins/);
    expect(good.stdout).toMatch(/reed\(src\/\*\*\).*never matches.*did you mean read\?/);
    expect(good.stdout).toMatch(/can be written and locked/);
    fs.writeFileSync(settings, '{ "permissions": { "mode": "yolo" } }');
    const bad = await bosun({ place, environment }, "doctor");
    expect(bad.code).toBe(2);
    expect(bad.stdout).toMatch(/✗ {2}settings +.*settings\.json:1:\d+/);
  });
});

describe("on Windows", () => {
  const environment = { NODE_OPTIONS: "--import data:text/javascript,Object.defineProperty(process,'platform',{value:'win32'})" };
  test("that no command can run is said at the start of a session, and by doctor, with the next move", async () => {
    const says = "Commands need bash, process groups and named pipes, which Windows does not have. Run bosun inside WSL 2.";
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch made")] }, done])];
    const ended = await bosun({ place, server, environment }, "-p", "go", "--permission-mode", "bypass");
    expect(ended).toMatchObject({ code: 0, stderr: expect.stringContaining(`bosun: ${says}`) });
    expect(JSON.stringify(server.requests[1]?.json)).toContain(says);
    expect(fs.existsSync(place.file("made"))).toBe(false);
    const doctor = await bosun({ place, server, environment }, "doctor");
    expect(doctor).toMatchObject({ code: 2, stdout: expect.stringContaining(`✗  commands   ${says}`) });
  });
});

describe("model-server", () => {
  test("serves a script until it is interrupted", async () => {
    const place = makePlace();
    place.write("script.json", JSON.stringify({ name: "hi", turns: [{ reply: [{ text: "Hello." }] }] }));
    const running = await start({ place }, "model-server", "script.json");
    await until(() => running.stdout().includes("OPENAI_BASE_URL"));
    const url = /ANTHROPIC_BASE_URL=(\S+)/.exec(running.stdout())?.[1] ?? "";
    expect(await bosun({ place, environment: { ANTHROPIC_BASE_URL: url, ANTHROPIC_API_KEY: "k" } }, "-p", "hi")).toMatchObject({ code: 0, stdout: "Hello.\n" });
    running.child.kill("SIGINT");
    expect(await running.ended).toMatchObject({ code: 0 });
  });
  test("a script that is none is refused", async () => {
    const place = makePlace();
    place.write("script.json", '{ "name": "x" }');
    expect(await bosun({ place }, "model-server", "script.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("turns") });
    expect(await bosun({ place }, "model-server")).toMatchObject({ code: 2, stderr: expect.stringContaining("SCRIPT") });
    expect(await bosun({ place }, "model-server", "nowhere.json")).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere.json") });
  });
});
