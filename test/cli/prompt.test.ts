// `bosun -p` in a pipe: where the prompt comes from, what goes to stdout, what to stderr.

import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bash, done, makePlace, read, serve, text } from "../agent/support.ts";
import { bosun, linesOf, sessionOf, start } from "./support.ts";

const prompts = (body: unknown): string => JSON.stringify((body as { messages: unknown[] }).messages);

describe("the prompt", () => {
  test.each(["anthropic", "openai"] as const)("as an argument, over the %s wire", async (wire) => {
    const [place, server] = [
      makePlace(),
      await serve([{ match: { userText: "say hi", wire: wire === "openai" ? "openai-chat" : "anthropic" }, reply: [text("hi\n")] }]),
    ];
    expect(await bosun({ place, server, wire }, "-p", "say hi")).toMatchObject({ code: 0, stdout: "hi\n", stderr: "" });
  });
  test("on stdin, without and with -p; both together, stdin last", async () => {
    const [place, server] = [makePlace(), await serve({ name: "many", turns: [{ reply: [text("ok")], repeat: "always" }] })];
    expect(await bosun({ place, server, stdin: "from a pipe\n" })).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(await bosun({ place, server, stdin: "from a pipe\n" }, "-p")).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(await bosun({ place, server, stdin: "the log\n" }, "-p", "explain")).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(server.requests.map(({ json }) => prompts(json).includes("from a pipe"))).toEqual([true, true, false]);
    expect(prompts(server.requests[2]?.json)).toContain("explain\\n\\nthe log");
  });
  test("a pipe that nobody writes to is left aside after three seconds, and that is said", async () => {
    const [place, server] = [makePlace(), await serve([done])];
    const ended = await bosun({ place, server, stdin: "open" }, "-p", "go");
    expect(ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(ended.stderr).toContain("Nothing came on stdin for 3 seconds");
  });
  test("none at all, an empty one, and one that is no text are refused", async () => {
    const place = makePlace();
    expect(await bosun({ place })).toMatchObject({ code: 2, stderr: expect.stringContaining("There is no prompt") });
    expect(await bosun({ place }, "-p", "  ")).toMatchObject({ code: 2, stderr: expect.stringContaining("The prompt is empty") });
    const running = await start({ place, stdin: "open" }, "-p");
    running.child.stdin?.end(Buffer.from([0xff, 0xfe, 0x00]));
    expect(await running.ended).toMatchObject({ code: 2, stderr: expect.stringContaining("not UTF-8") });
  });
  test("--cwd is where it works; a folder that is none is refused", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("pwd > here.txt")] }, done])];
    fs.mkdirSync(place.file("sub"));
    expect(await bosun({ place, server }, "-p", "go", "--cwd", "sub", "--permission-mode", "bypass")).toMatchObject({ code: 0 });
    expect(place.read("sub/here.txt").trim()).toBe(place.file("sub"));
    expect(await bosun({ place, server }, "-p", "go", "--cwd", "nowhere")).toMatchObject({ code: 2, stderr: expect.stringMatching(/nowhere.*--cwd/s) });
  });
  test("--append-system-prompt reaches the model", async () => {
    const [place, server] = [makePlace(), await serve([{ match: { system: "Speak like a pirate." }, reply: [text("arr")] }])];
    expect(await bosun({ place, server }, "-p", "hi", "--append-system-prompt", "Speak like a pirate.")).toMatchObject({ code: 0, stdout: "arr\n" });
  });
});

describe("what is printed", () => {
  const script = [{ reply: [text("Looking."), bash("touch made.txt"), read("a.txt")] }, { reply: [text("Seen.")] }];

  test("text: the last answer alone; nothing of progress in a pipe", async () => {
    const [place, server] = [makePlace(), await serve(script)];
    place.write("a.txt", "alpha");
    expect(await bosun({ place, server }, "-p", "look", "--permission-mode", "bypass")).toMatchObject({ code: 0, stdout: "Seen.\n", stderr: "" });
  });
  test("json: one object with the answer, the end, the books and what was denied", async () => {
    const [place, server] = [makePlace(), await serve(script)];
    place.write("a.txt", "alpha");
    const ended = await bosun({ place, server }, "-p", "look", "--disallowed-tools", "bash(touch *)", "--output-format", "json");
    expect(ended).toMatchObject({ code: 0, stderr: "" });
    const [result, ...more] = linesOf(ended.stdout);
    expect(more).toEqual([]);
    expect(result).toMatchObject({
      type: "result",
      result: "Seen.",
      end: { reason: "answered", text: "Seen." },
      exitCode: 0,
      session: sessionOf(place),
      model: "anthropic/claude-sonnet-5-5",
      turns: 2,
      priced: true,
      denied: [{ tool: "bash", subject: "touch made.txt", why: "the rule bash(touch *) (the command line)" }],
    });
    expect(result).toMatchObject({ usage: { output: expect.any(Number) }, cost: { usd: expect.any(Number), turns: 2 } });
    expect(fs.existsSync(place.file("made.txt"))).toBe(false);
  });
  test("stream-json: events as they come, before the run has ended", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("while [ ! -e go ]; do sleep 0.02; done")] }, done])];
    const running = await start({ place, server }, "-p", "wait", "--permission-mode", "bypass", "--output-format", "stream-json");
    while (!running.stdout().includes('"executing"')) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(running.stdout()).not.toContain("run-end");
    place.write("go", "");
    const ended = await running.ended;
    const events = linesOf(ended.stdout);
    expect(events[0]).toMatchObject({ type: "run-start", session: sessionOf(place) });
    expect(events.at(-1)).toMatchObject({ type: "run-end", end: { reason: "answered" } });
    expect(ended).toMatchObject({ code: 0, stderr: "" });
  });
  test("--verbose: each event as a line on stderr, control characters gone", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("printf '\\033[31m'; echo \u001b]0;owned\u0007")] }, done])];
    const { stderr, stdout } = await bosun({ place, server }, "-p", "go \u001b[2J now", "--permission-mode", "bypass", "--verbose");
    expect(stdout).toBe("done\n");
    expect(stderr).toMatch(/^starts s_.*\ninput: go now\n/);
    expect(stderr).toMatch(/allowed bash .*mode bypass/);
    expect(stderr).toMatch(/ends: answered after 2 turns/);
    expect([...stderr].filter((character) => character < " " && character !== "\n")).toEqual([]);
  });
  test("secrets are taken out on the way, the journal keeps them", async () => {
    const key = "AKIAIOSFODNN7EXAMPLE";
    const [place, server] = [makePlace(), await serve({ name: "leak", turns: [{ reply: [text(`The key is ${key}.`)], repeat: "always" }] })];
    for (const format of ["text", "json", "stream-json"]) {
      const { stdout } = await bosun({ place, server }, "-p", "leak", "--session-id", format, "--output-format", format);
      expect(stdout).toContain("[redacted: ");
      expect(stdout).not.toContain(key);
    }
    const [journal] = fs.globSync(join("projects/*/text/journal.jsonl"), { cwd: place.home });
    expect(fs.readFileSync(join(place.home, journal as string), "utf8")).toContain(key);
  });
});

describe("which tools", () => {
  const offered = (body: unknown): string[] => (body as { tools: { name: string }[] }).tools.map(({ name }) => name);

  test("a bare name is taken from the pool, on the command line and in settings", async () => {
    const [place, server] = [makePlace(), await serve({ name: "many", turns: [{ reply: [text("ok")], repeat: "always" }] })];
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(join(place.home, "settings.json"), '{ "permissions": { "deny": ["glob", "edit(secret/**)"] } }');
    await bosun({ place, server }, "-p", "hi", "--disallowed-tools", "Bash,write");
    expect(offered(server.requests[0]?.json)).toEqual(["edit", "grep", "jobs", "read", "todo"]);
  });
  test("an allowed rule lets just that command run", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one"), bash("touch two")] }, done])];
    const ended = await bosun(
      { place, server },
      "-p",
      "go",
      "--allowed-tools",
      "bash(touch one)",
      "--permission-mode",
      "unattended",
      "--output-format",
      "json",
    );
    expect([fs.existsSync(place.file("one")), fs.existsSync(place.file("two"))]).toEqual([true, false]);
    expect(linesOf(ended.stdout)[0]).toMatchObject({ denied: [{ subject: "touch two" }] });
  });
  test("a name that no tool has, and a rule that can't be read, are refused", async () => {
    const place = makePlace();
    expect(await bosun({ place }, "-p", "x", "--disallowed-tools", "bahs")).toMatchObject({ code: 2, stderr: expect.stringContaining('Did you mean "bash"?') });
    expect(await bosun({ place, environment: { ANTHROPIC_API_KEY: "k" } }, "-p", "x", "--allowed-tools", "bash(")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/the command line: the allow rule "bash\(" can't be read/),
    });
  });
});
