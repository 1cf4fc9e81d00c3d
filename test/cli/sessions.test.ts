// Sessions over several processes: continued, shared, listed, shown.
import { describe, expect, test } from "vitest";
import { bash, done, makePlace, serve, text } from "../agent/support.ts";
import { bosun, linesOf, sessionOf, start } from "./support.ts";

const talkative = { name: "talk", turns: ["one", "two", "three"].map((says) => ({ reply: [text(says)] })) };
const roles = (body: unknown): string[] => (body as { messages: { role: string }[] }).messages.map(({ role }) => role);

describe("continuing", () => {
  test("--continue takes the latest session, --resume a prefix of its ID", async () => {
    const [place, server] = [makePlace(), await serve(talkative)];
    expect(await bosun({ place, server }, "-p", "first")).toMatchObject({ code: 0, stdout: "one\n" });
    expect(await bosun({ place, server }, "-p", "second", "--continue")).toMatchObject({ code: 0, stdout: "two\n" });
    const session = sessionOf(place);
    expect(await bosun({ place, server }, "-p", "third", "--resume", session.slice(0, 8))).toMatchObject({ code: 0, stdout: "three\n" });
    expect(sessionOf(place)).toBe(session);
    expect(server.requests.map(({ json }) => roles(json).filter((role) => role === "user").length)).toEqual([1, 2, 3]);
  });
  test("without a prompt it goes on where it stopped: at a call that waited for a decision", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [bash("echo made > made.txt")] }, { match: { toolResult: { tool: "bash", failed: false } }, reply: [text("made it")] }]),
    ];
    expect(await bosun({ place, server }, "-p", "make it")).toMatchObject({ code: 5 });
    expect(await bosun({ place, server }, "-p", "--continue", "--allowed-tools", "bash(echo *)")).toMatchObject({ code: 5 });
    expect(await bosun({ place, server }, "-p", "--continue", "--permission-mode", "bypass")).toMatchObject({ code: 0, stdout: "made it\n" });
    expect(place.read("made.txt")).toBe("made\n");
    expect(server.requests.length).toBe(2);
  });
  test("a session that was answered says its answer again, and asks nobody", async () => {
    const [place, server] = [makePlace(), await serve(talkative)];
    await bosun({ place, server }, "-p", "first");
    expect(await bosun({ place, server }, "-p", "--continue")).toMatchObject({ code: 0, stdout: "one\n" });
    expect(server.requests.length).toBe(1);
  });
  test("ambiguous, contradictory and impossible names are refused", async () => {
    const [place, server] = [makePlace(), await serve({ name: "many", turns: [{ reply: [text("ok")], repeat: "always" }] })];
    for (const name of ["work-1", "work-2"]) await bosun({ place, server }, "-p", "hi", "--session-id", name);
    const refused = async (...words: string[]) => {
      const { code, stderr } = await bosun({ place, server }, "-p", "hi", ...words);
      expect(code).toBe(2);
      return stderr;
    };
    expect(await refused("--resume", "work")).toMatch(/work-1.*|work-2.*/);
    expect(await refused("--resume", "work-1", "--continue")).toMatch(/exclude each other/);
    expect(await refused("--session-id", "../up")).toMatch(/can't name a session/);
    expect(await bosun({ place: makePlace(), server }, "-p", "hi", "--continue")).toMatchObject({
      code: 8,
      stderr: expect.stringContaining("without --continue"),
    });
  });
  test("a second process on a session that is being written is told who writes", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("while [ ! -e go ]; do sleep 0.02; done")] }, done])];
    const first = await start({ place, server }, "-p", "wait", "--session-id", "mine", "--permission-mode", "bypass", "--output-format", "stream-json");
    while (!first.stdout().includes('"executing"')) await new Promise((resolve) => setTimeout(resolve, 10));
    const second = await bosun({ place, server }, "-p", "hi", "--resume", "mine", "--output-format", "json");
    expect(second).toMatchObject({ code: 8, stderr: expect.stringContaining(`pid ${first.child.pid}`) });
    expect(linesOf(second.stdout)).toMatchObject([{ type: "error", code: "session-busy" }]);
    place.write("go", "");
    expect(await first.ended).toMatchObject({ code: 0 });
  });
});

describe("bosun sessions", () => {
  test("lists, searches, shows, logs and exports", async () => {
    const [place, server] = [
      makePlace(),
      await serve([{ reply: [text("The parser is in parse.ts.")] }, { reply: [bash("true")] }, { reply: [text("Sentry is set up.")] }]),
    ];
    await bosun({ place, server }, "-p", "where is the parser", "--session-id", "first");
    await bosun({ place, server }, "-p", "set up monitoring", "--session-id", "second", "--permission-mode", "bypass");
    const list = await bosun({ place }, "sessions");
    expect(list.stdout.split("\n").filter((line) => line.includes("first") || line.includes("second")).length).toBe(2);
    expect(list.stdout).toMatch(/answered.*where is the parser/);
    const found = await bosun({ place }, "sessions", "list", "--search", "sentry");
    expect(found.stdout).toContain("second");
    expect(found.stdout).not.toContain("first");
    expect((await bosun({ place }, "sessions", "--search", "nothingofthekind")).stderr).toContain("nothingofthekind");
    expect((await bosun({ place }, "sessions", "show", "sec")).stdout).toMatch(/second[\s\S]*set up monitoring/);
    const log = await bosun({ place }, "sessions", "log", "second");
    expect(log.stdout).toMatch(/run-start[\s\S]*decision[\s\S]*allow bash true[\s\S]*run-end/);
    const markdown = await bosun({ place }, "sessions", "export", "second");
    expect(markdown.stdout).toMatch(/set up monitoring[\s\S]*bash[\s\S]*Sentry is set up\./);
    const json = await bosun({ place }, "sessions", "export", "second", "--format", "json");
    expect(JSON.stringify(JSON.parse(json.stdout))).toContain("Sentry is set up.");
  });
  test("an unknown session and an unknown act are refused", async () => {
    const place = makePlace();
    expect(await bosun({ place }, "sessions", "show", "x")).toMatchObject({ code: 8 });
    expect(await bosun({ place }, "sessions", "delete", "x")).toMatchObject({ code: 2, stderr: expect.stringContaining("show|log|export") });
    expect(await bosun({ place }, "sessions")).toMatchObject({ code: 0, stdout: "" });
  });
});
