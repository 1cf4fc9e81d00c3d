// Going on with a session from the command line and from a terminal: the list, forks, questions that were left open, sessions of others.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { encodeLine, firstPrev } from "../../src/session/index.ts";
import { bash, done, edit, makePlace, type Place, readJournal, serve, text } from "../agent/support.ts";
import { pty, terminal } from "./pty.ts";
import { bosun, sessionOf, start } from "./support.ts";

const always = { name: "always", turns: [{ reply: [text("ok")], repeat: "always" as const }] };
const pathOf = (place: Place, session: string): string => `${place.home}/${fs.globSync(`projects/*/${session}/journal.jsonl`, { cwd: place.home })[0]}`;
const journal = (place: Place, session: string) => readJournal(pathOf(place, session));

describe("what stands when a session goes on", () => {
  test("mode and limit given on the command line; bypass has to be named again; settings come before the session", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    await bosun({ place, server }, "-p", "one", "--session-id", "s1", "--permission-mode", "plan", "--max-budget-usd", "0.5");
    const again = await bosun({ place, server }, "-p", "two", "--resume", "s1", "--verbose");
    expect(again.stderr).toMatch(/mode plan/);
    expect((await bosun({ place, server }, "-p", "x", "--resume", "s1", "--max-budget-usd", "0.000001")).code).toBe(3);
    expect((await bosun({ place, server }, "-p", "x", "--resume", "s1")).code).toBe(3);
    expect((await bosun({ place, server }, "-p", "x", "--resume", "s1", "--max-budget-usd", "2")).code).toBe(0);
    await bosun({ place, server }, "-p", "two", "--resume", "s1", "--permission-mode", "bypass");
    const after = await bosun({ place, server }, "-p", "three", "--resume", "s1", "--verbose");
    expect(after.stderr).toMatch(/bosun: The session's last mode was bypass, which has to be named each time[\s\S]*mode ask/);
    fs.writeFileSync(`${place.home}/settings.json`, '{"permissions":{"mode":"accept-edits"}}');
    expect((await bosun({ place, server }, "-p", "four", "--resume", "s1", "--verbose")).stderr).toMatch(/mode accept-edits/);
  });
  test("in -p: a question that was left open is there again in the next process, in the same words, and nothing else is asked of the model", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch made")] }, done])];
    const [first, second] = [await bosun({ place, server }, "-p", "go"), await bosun({ place, server }, "-p", "--continue")];
    expect([first.code, second.code]).toEqual([5, 5]);
    expect(second.stderr).toBe(first.stderr);
    expect(server.requests.length).toBe(1);
    expect(fs.existsSync(place.file("made"))).toBe(false);
  });
});

pty.describe("on a terminal", () => {
  const question = /\[n\]o, or a word to the model › /;
  test("a question that was left open is asked again with its preview", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [edit("a.txt", "old", "new")] }, done])];
    place.write("a.txt", "old\n");
    await bosun({ place, server }, "-p", "change it");
    expect(place.read("a.txt")).toBe("old\n");
    const screen = await terminal({ place, server }, "--continue");
    await screen.see(/Enter goes on/);
    await screen.see(/› /);
    screen.type("\r");
    const asked = await screen.see(question);
    expect(asked).toMatch(/-old[\s\S]*\+new/);
    screen.type("y\r");
    await screen.see(/done/);
    await screen.see(/› /);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
    expect(place.read("a.txt")).toBe("new\n");
    expect(server.requests.length).toBe(2);
  });
  test("--resume without an ID: the list with title, folder, branch, age, cost and end; by number; /resume changes to another", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    fs.mkdirSync(place.file(".git"));
    place.write(".git/HEAD", "ref: refs/heads/lexer\n");
    fs.mkdirSync(place.file("src"));
    await bosun({ place, server }, "-p", "find the parser", "--session-id", "older");
    await bosun({ place, server }, "-p", "mend the lexer", "--session-id", "newer", "--cwd", place.file("src"));
    const screen = await terminal({ place, server }, "--resume");
    const list = await screen.see(/number, or Enter for none › /);
    expect(list).toMatch(/1 +now +answered +\$0\.\d{4} +src +lexer +mend the lexer/);
    expect(list).toMatch(/2 +now +answered +\$0\.\d{4} +\. +lexer +find the parser/);
    screen.type("7\r");
    await screen.see(/There is no 7 in the list: 1 to 2\./);
    await screen.see(/number, or Enter for none › /);
    screen.type("2\r");
    await screen.see(/session older, continued/);
    await screen.see(/› /);
    screen.type("/resume\r");
    await screen.see(/number, or Enter for none › /);
    screen.type("1\r");
    await screen.see(/session newer, continued/);
    await screen.see(/› /);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
  });
  test("Enter chooses none, and a project without sessions says so", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const none = await terminal({ place, server }, "-r");
    await none.see(/no sessions yet/);
    expect(await none.ended).toBe(0);
    await bosun({ place, server }, "-p", "hi");
    const screen = await terminal({ place, server }, "--resume");
    await screen.see(/number, or Enter for none › /);
    screen.type("\r");
    expect(await screen.ended).toBe(0);
    expect(fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home }).length).toBe(1);
  });
});

describe("naming a session", () => {
  test("--resume without an ID in a pipe is refused and names the list", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    for (const words of [
      ["-p", "--resume"],
      ["-p", "hi", "-r"],
      ["--resume", "-p", "hi"],
      ["--resume=", "-p", "hi"],
    ]) {
      expect(await bosun({ place, server }, ...words)).toMatchObject({ code: 2, stderr: expect.stringContaining("`bosun sessions` lists them") });
    }
  });
  test("a session of a newer bosun can be read and not gone on with", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    await bosun({ place, server }, "-p", "find the parser");
    const session = sessionOf(place);
    const last = journal(place, session).at(-1);
    const { line } = encodeLine({ type: "note", about: "x", parts: [], needs: ["telepathy"] } as never, (last?.seq ?? 0) + 1, firstPrev, 0);
    fs.appendFileSync(pathOf(place, session), line);
    const before = fs.readFileSync(pathOf(place, session));
    const refused = await bosun({ place, server }, "-p", "go on", "--resume", session);
    expect(refused.code).toBe(8);
    expect(refused.stderr).toMatch(/written by a newer bosun \(it needs telepathy\).*Upgrade bosun.*only be read: `bosun sessions show/);
    const shown = await bosun({ place }, "sessions", "show", session);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/find the parser[\s\S]*newer bosun/) });
    expect(await bosun({ place }, "sessions", "export", session)).toMatchObject({ code: 0, stdout: expect.stringMatching(/find the parser[\s\S]*ok/) });
    expect(fs.readFileSync(pathOf(place, session))).toEqual(before);
  });
});

describe("--fork", () => {
  test("goes on in a new session, from the end or from a line; the origin stays as it was", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    await bosun({ place, server }, "-p", "one", "--session-id", "origin");
    await bosun({ place, server }, "-p", "two", "--resume", "origin");
    const before = fs.readFileSync(pathOf(place, "origin"));
    expect((await bosun({ place, server }, "-p", "three", "--resume", "origin", "--fork", "--session-id", "all")).code).toBe(0);
    const first = journal(place, "origin").find((entry) => entry.type === "reply")?.seq ?? 0;
    expect((await bosun({ place, server }, "-p", "three", "--resume", "origin", "--fork-at", String(first), "--session-id", "early")).code).toBe(0);
    const prompts = server.requests.map(({ json }) =>
      (JSON.stringify(json).match(/"text":"(one|two|three)"/g) ?? []).map((found) => found.slice(8, -1)).join(" "),
    );
    expect(prompts).toEqual(["one", "one two", "one two three", "one three"]);
    expect(fs.readFileSync(pathOf(place, "origin"))).toEqual(before);
    expect(journal(place, "early")[0]).toMatchObject({ type: "session", origin: { session: "origin", seq: first } });
    const shown = await bosun({ place }, "sessions", "show", "early");
    expect(shown.stdout).toMatch(new RegExp(`forked +from line ${first} of origin`));
  });
  test("also while the origin is at work in another process", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [bash("while [ ! -e go ]; do sleep 0.02; done")] }, { reply: [text("ok")], repeat: "always" }]),
    ];
    const busy = await start({ place, server }, "-p", "wait", "--session-id", "mine", "--permission-mode", "bypass", "--output-format", "stream-json");
    while (!busy.stdout().includes('"executing"')) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(await bosun({ place, server }, "-p", "and now", "--resume", "mine", "--fork")).toMatchObject({ code: 0, stdout: "ok\n" });
    expect(JSON.stringify(server.requests[1]?.json)).toMatch(/forked while the call was under way/);
    place.write("go", "");
    expect(await busy.ended).toMatchObject({ code: 0 });
  });
  test("without a session, or from a line that is not there, it is refused", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    expect(await bosun({ place, server }, "-p", "hi", "--fork")).toMatchObject({ code: 2, stderr: expect.stringContaining("--resume ID --fork") });
    await bosun({ place, server }, "-p", "one");
    expect(await bosun({ place, server }, "-p", "hi", "--continue", "--fork-at", "99")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no line 99.*from 0 to/),
    });
    expect(fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home }).length).toBe(1);
  });
});

describe("bosun sessions", () => {
  test("list --all has the sessions of every project, --search too; other options speak of `bosun sessions`", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    fs.mkdirSync(place.file("other"));
    await bosun({ place, server }, "-p", "here it is", "--session-id", "here");
    await bosun({ place, server }, "-p", "there it is", "--session-id", "there", "--cwd", place.file("other"));
    expect((await bosun({ place }, "sessions")).stdout).not.toContain("there");
    expect((await bosun({ place }, "sessions", "list", "--all")).stdout).toMatch(/there .*other +there it is[\s\S]*here .*project +here it is/);
    expect((await bosun({ place }, "sessions", "--all", "--search", "there")).stdout).toMatch(/there.*«there» it is/);
    expect(await bosun({ place }, "sessions", "list", "--al")).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/bosun sessions has no option --al\. Did you mean --all\?/),
    });
  });
  test("gc says what would go, and deletes it with --yes", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    await bosun({ place, server }, "-p", "old", "--session-id", "old");
    await bosun({ place, server }, "-p", "new", "--session-id", "new");
    const at = Date.now() / 1000 - 40 * 24 * 3600;
    fs.utimesSync(pathOf(place, "old"), at, at);
    const dry = await bosun({ place }, "sessions", "gc");
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringMatching(/would go +old +40 days[\s\S]*To delete: 1 session, .* of .* in all\./) });
    expect(dry.stderr).toMatch(/Nothing was deleted; --yes deletes it/);
    expect(fs.existsSync(pathOf(place, "old"))).toBe(true);
    expect((await bosun({ place }, "sessions", "gc", "--older-than", "50d")).stdout).toMatch(/To delete: 0 sessions/);
    expect((await bosun({ place }, "sessions", "gc", "--older-than", "20d", "--yes")).stdout).toMatch(/deleted +old[\s\S]*Deleted: 1 session/);
    expect((await bosun({ place }, "sessions")).stdout).toMatch(/^new/);
    expect((await bosun({ place }, "sessions", "gc", "--larger-than", "1KB", "--yes")).stdout).toMatch(/deleted +new[\s\S]*1 empty project/);
    for (const words of [
      ["--older-than", "soon"],
      ["--larger-than", "5"],
    ])
      expect((await bosun({ place }, "sessions", "gc", ...words)).code).toBe(2);
  });
});
