// A person at a terminal: asked, told, and never left hanging.
import * as fs from "node:fs";
import { expect, test } from "vitest";
import { columnsOf } from "../../src/cli/text.ts";
import { bash, done, edit, makePlace, read, readJournal, serve, text, until } from "../agent/support.ts";
import { pty, terminal } from "./pty.ts";
import { sessionOf } from "./support.ts";

const question = /\[n\]o, or a word to the model › /;
const journal = (place: ReturnType<typeof makePlace>) =>
  readJournal(`${place.home}/${fs.globSync(`projects/*/${sessionOf(place)}/journal.jsonl`, { cwd: place.home })[0]}`);
const results = (body: unknown): string => JSON.stringify((body as { messages: unknown[] }).messages.at(-1));

pty.describe("approvals", () => {
  test("y allows once: what it is, why it is asked, and the answer in the books", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one"), bash("touch two")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    const asked = await screen.see(question);
    expect(asked).toContain("touch one");
    expect(asked).toMatch(/asked because .*\(check 73\)/);
    expect(asked).toMatch(/ {2}touch one\s+ {2}\^{9}/);
    expect(asked).toMatch(/it writes .*one/);
    screen.type("y\r");
    expect(await screen.see(question)).toContain("touch two");
    screen.type("y\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect([fs.existsSync(place.file("one")), fs.existsSync(place.file("two"))]).toEqual([true, true]);
    expect(journal(place).filter((entry) => entry.type === "decision")).toMatchObject([{ decision: { reason: { by: "person" }, holds: "call" } }, {}]);
  });
  test("a allows by the narrowest rule, which is shown with what else it allows; the next call of its kind is not asked for", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("git add one")] }, { reply: [bash("git add two")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    expect(await screen.see(question)).toMatch(/the rule .*bash\(git add \*\).* for this session; it also allows every other "git add"/);
    screen.type("a\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect(journal(place).filter((entry) => entry.type === "decision")).toMatchObject([
      { decision: { holds: "session", rule: "bash(git add *)" } },
      { decision: { reason: { by: "rule", rule: "bash(git add *)" } } },
    ]);
  });
  test("o allows once, without a sandbox, and the books say so", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    await screen.see(question);
    screen.type("o\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect(journal(place).filter((entry) => entry.type === "decision")).toMatchObject([{ decision: { profile: "open", reason: { by: "person" } } }]);
    expect(fs.existsSync(place.file("one"))).toBe(true);
  });
  test("n denies; any other text denies and reaches the model", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, { reply: [bash("touch two")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    await screen.see(question);
    screen.type("n\r");
    await screen.see(question);
    screen.type("use the makefile\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect(fs.readdirSync(place.project)).toEqual([]);
    expect(results(server.requests[1]?.json)).toContain("the person said no.");
    expect(results(server.requests[2]?.json)).toMatch(/the person said no, and: use the makefile/);
  });
  test("an empty line and an answer that is not offered are asked again", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch $unknown")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    await screen.see(/\[y\]es, \[o\]pen: yes, without a sandbox, \[e\]dit, \[n\]o, or a word to the model › /);
    screen.type("\r");
    await screen.see(/Answer y, o, e, n, or say/);
    screen.type("a\r");
    await screen.see(/Answer y, o, e, n, or say/);
    screen.type("n\r");
    expect(await screen.ended).toBe(0);
  });
  test("a change is shown as a coloured diff; without colours under NO_COLOR", async () => {
    for (const environment of [{}, { NO_COLOR: "1" }]) {
      const place = makePlace();
      place.write("a.txt", "one\ntwo\nthree\n");
      const server = await serve([{ reply: [read("a.txt")] }, { reply: [edit("a.txt", "two", "2")] }, done]);
      const screen = await terminal({ place, server, environment }, "-p", "go");
      const asked = await screen.see(question);
      expect(asked).toContain("-two");
      expect(asked).toContain("+2");
      // biome-ignore lint/suspicious/noControlCharactersInRegex: colours are control characters
      expect(/\x1b\[3\dm/.test(asked)).toBe(!("NO_COLOR" in environment));
      screen.type("y\r");
      expect(await screen.ended).toBe(0);
      expect(place.read("a.txt")).toBe("one\n2\nthree\n");
    }
  });
  test("characters that hide something are written out where it is decided", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("echo \u001b[8m safe\u202e; touch gone")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    const asked = await screen.see(question);
    expect(asked).toContain("echo \\x1b[8m safe\\u{202e}; touch gone");
    screen.type("n\r");
    await screen.ended;
    expect(screen.raw()).not.toContain("\u202e");
    expect(screen.raw()).not.toContain("\u001b[8m");
  });
  test("when the terminal vanishes the question stays open, and the next process can answer it", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const first = await terminal({ place, server }, "-p", "go");
    await first.see(question);
    first.vanish();
    await until(() => journal(place).some((entry) => entry.type === "end"));
    expect(journal(place).find((entry) => entry.type === "end")).toMatchObject({ end: { reason: "awaiting" } });
    const second = await terminal({ place, server }, "-p", "--continue");
    await second.see(question);
    second.type("y\r");
    await second.see(/done/);
    expect(await second.ended).toBe(0);
    expect(fs.existsSync(place.file("one"))).toBe(true);
  });
  test("Ctrl-C at a question ends the run", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const screen = await terminal({ place, server }, "-p", "go");
    await screen.see(question);
    screen.type("\u0003");
    expect(await screen.ended).toBe(130);
    expect(fs.existsSync(place.file("one"))).toBe(false);
  });
});

pty.describe("progress", () => {
  const slow = [{ reply: [text("日本語 will be looked at."), bash("sleep 1.2; echo 日本語 日本語 日本語 日本語 日本語 日本語 日本語")] }, done];

  test.each([30, 12, 100])("one status line that says what runs and never wraps, on %i columns, cleared at the end", async (columns) => {
    const [place, server] = [makePlace(), await serve(slow)];
    const screen = await terminal({ place, server, columns }, "-p", "go", "--permission-mode", "bypass");
    expect(await screen.ended).toBe(0);
    const drawn = screen
      .raw()
      .split("\r\u001b[K")
      .slice(1)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what the status line is coloured with
      .map((line) => line.replace(/\x1b\[\d+m/g, "").replace(/[\r\n][\s\S]*/, ""));
    expect(drawn.some((line) => line.startsWith("bash sleep"))).toBe(true);
    expect(drawn.filter((line) => columnsOf(line) >= columns)).toEqual([]);
    if (columns === 100) expect(drawn.some((line) => /bash sleep 1.2.* · 1.\d s · turn 1 · \d.* tokens · \$0\.\d{4}/.test(line))).toBe(true);
    expect(screen.raw().endsWith("\u001b[Kdone\r\n")).toBe(true);
  });
  test("none of it on a dumb terminal", async () => {
    const [place, server] = [makePlace(), await serve(slow)];
    const screen = await terminal({ place, server, environment: { TERM: "dumb" } }, "-p", "go", "--permission-mode", "bypass");
    expect(await screen.ended).toBe(0);
    expect(screen.raw()).toBe("done\r\n");
  });
});

pty.describe("a conversation", () => {
  test("prompts, answers, tools, cost, and out", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [text("I look."), bash("touch one")] }, { reply: [text("All good.")] }, { reply: [text("Again.")] }]),
    ];
    const screen = await terminal({ place, server });
    await screen.see(/bosun .* · anthropic\/claude-sonnet-5-5 · mode ask/);
    await screen.see(/› /);
    screen.type("look around\r");
    await screen.see(/I look\./);
    await screen.see(question);
    screen.type("y\r");
    await screen.see(/✓ bash touch one/);
    await screen.see(/All good\./);
    await screen.see(/tokens · \$/);
    await screen.see(/› /);
    screen.type("/cost\r");
    await screen.see(/2 replies · .* tokens · \$0\.\d+ spent in this session/);
    screen.type("/nonsense\r");
    await screen.see(/no \/nonsense/);
    screen.type("and again\r");
    await screen.see(/Again\./);
    await screen.see(/› /);
    screen.type("\u0004");
    expect(await screen.ended).toBe(0);
  });
  test("/model goes over to another model after saying what that costs; /effort too; no leaves all as it was", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [text("One.")] }, { reply: [text("Two.")] }, { reply: [text("Three.")] }])];
    const environment = { OPENAI_BASE_URL: server.openaiUrl, OPENAI_API_KEY: "key" };
    const screen = await terminal({ place, server, environment });
    await screen.see(/› /);
    screen.type("begin\r");
    await screen.see(/One\./);
    await screen.see(/› /);
    screen.type("/model antropic/x\r");
    await screen.see(/No provider is known/);
    screen.type("/model\r");
    await screen.see(/● +anthropic\/claude-sonnet-5-5/);
    await screen.see(/number or provider\/name, or Enter for none › /);
    screen.type("openai/gpt-6.2-sol\r");
    await screen.see(/about .* are paid again with the next request, for \$0\.\d+/);
    await screen.see(/Go over to openai\/gpt-6\.2-sol\? \[y\]es, \[n\]o › /);
    screen.type("n\r");
    await screen.see(/Nothing was changed/);
    screen.type("still you?\r");
    await screen.see(/Two\./);
    await screen.see(/› /);
    screen.type("/model openai/gpt-6.2-sol\r");
    await screen.see(/\[y\]es, \[n\]o › /);
    screen.type("y\r");
    await screen.see(/From now on openai\/gpt-6\.2-sol answers/);
    screen.type("/effort high\r");
    await screen.see(/\[y\]es, \[n\]o › |effort high answers/);
    screen.type("y\r");
    await screen.see(/effort high answers/);
    screen.type("and now?\r");
    // the price was told and taken: it is not asked about again
    await screen.see(/Three\./);
    await screen.see(/› /);
    screen.type("\u0004");
    expect(await screen.ended).toBe(0);
    expect(server.requests.map(({ json }) => json.model)).toEqual(["claude-sonnet-5-5", "claude-sonnet-5-5", "gpt-6.2-sol"]);
    expect(server.requests[2]?.json.reasoning).toEqual({ effort: "high" });
  });
  test("what is typed while it works is taken up at the next turn", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [bash("while [ ! -e go ]; do sleep 0.05; done")] }, { match: { userText: "and the tests" }, reply: [text("Both then.")] }]),
    ];
    const screen = await terminal({ place, server }, "--permission-mode", "bypass");
    await screen.see(/› /);
    screen.type("do it\r");
    await screen.see(/bash while/);
    screen.type("and the tests\r");
    await screen.see(/queued for the next turn: and the tests/);
    place.write("go", "");
    await screen.see(/Both then\./);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
  });
  test("a line that was begun while it works can be ended at the prompt", async () => {
    const [place, server] = [
      makePlace(),
      await serve([
        { reply: [bash("while [ ! -e go ]; do sleep 0.05; done")] },
        { reply: [text("Ended.")] },
        { match: { userText: "and the tests" }, reply: [text("Them too.")] },
      ]),
    ];
    const screen = await terminal({ place, server }, "--permission-mode", "bypass");
    await screen.see(/› /);
    screen.type("do it\r");
    await screen.see(/bash while/);
    screen.type("and the te");
    await screen.see(/› and the te/);
    place.write("go", "");
    await screen.see(/Ended\./);
    await screen.see(/› and the te/);
    screen.type("sts\r");
    await screen.see(/Them too\./);
    screen.type("\u0004");
    expect(await screen.ended).toBe(0);
  });
  test("Ctrl-C ends the run, not the conversation; /clear begins a new session; --continue goes on later", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [bash("echo begun > begun; sleep 30")] }, { reply: [text("Gone on.")] }, { reply: [text("Fresh.")] }]),
    ];
    const screen = await terminal({ place, server }, "--permission-mode", "bypass", "--session-id", "mine");
    await screen.see(/› /);
    screen.type("sleep\r");
    await until(() => fs.existsSync(place.file("begun")));
    screen.type("\u0003");
    await screen.see(/Interrupted\. Enter goes on/);
    screen.type("\r");
    await screen.see(/Gone on\./);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
    const again = await terminal({ place, server }, "--continue");
    await again.see(/session mine, continued/);
    again.type("/clear\r");
    await again.see(/session s_/);
    again.type("hi\r");
    await again.see(/Fresh\./);
    again.type("\u0004");
    expect(await again.ended).toBe(0);
  });
  test("no model: said at once, exit code 2", async () => {
    const screen = await terminal({ place: makePlace() }, "--model", "anthropic/claude-sonnet-5-5");
    await screen.see(/ANTHROPIC_API_KEY/);
    expect(await screen.ended).toBe(2);
  });
});
