// Money on the command line: a conversation asks before it goes beyond a limit; -p ends with the reason.
import * as fs from "node:fs";
import { expect, test } from "vitest";
import { entriesOf, makePlace, readJournal, serve, text } from "../agent/support.ts";
import { pty, terminal } from "./pty.ts";
import { bosun, sessionOf } from "./support.ts";

const always = [{ reply: [text("it is so")], repeat: "always" as const, usage: { output: 4_000 } }];
const prompt = /0J› /;
const question = /Enter: stop › /;
const journal = (place: ReturnType<typeof makePlace>) =>
  readJournal(`${place.home}/${fs.globSync(`projects/*/${sessionOf(place)}/journal.jsonl`, { cwd: place.home })[0]}`);

pty.describe("in a conversation", () => {
  test("a call beyond the limit is asked for: once, for the session, or not at all; the answer is in the journal", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const screen = await terminal({ place, server }, "--max-budget-usd", "0.02");
    await screen.see(prompt);
    screen.type("go\r");
    const asked = await screen.see(question);
    expect(asked).toMatch(/The budget stops here\..* The next model call may cost \$/);
    expect(asked).toMatch(/What would fit: .*anthropic\/claude-haiku-5-5 \(\$/);
    expect(asked).toMatch(/Dearest in it: the reply/);
    expect(server.requests.length).toBe(0);
    screen.type("r 0.0001\r");
    await screen.see(/name a higher one/);
    await screen.see(question);
    screen.type("o\r");
    await screen.see(/it is so/);
    await screen.see(prompt);
    screen.type("again\r");
    await screen.see(question);
    screen.type("\r");
    await screen.see(prompt);
    expect(server.requests.length).toBe(1);
    screen.type("and now\r");
    await screen.see(question);
    screen.type("r 5\r");
    await screen.see(/it is so/);
    await screen.see(prompt);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
    const values = entriesOf(journal(place), "setting").filter(({ name }) => name === "budget");
    expect(values.map(({ value }) => JSON.parse(value))).toEqual([
      { usd: 0.02 },
      { usd: 0.02, once: { scope: "session", limit: "usd", to: expect.any(Number) } },
      { usd: 0.02 },
      { usd: 5 },
    ]);
  });
});

test("-p ends with the reason and its exit code, whosever limit it is; nothing was sent", async () => {
  const [place, server] = [makePlace(), await serve(always)];
  for (const option of ["--max-budget-usd", "--max-project-usd", "--max-day-usd"]) {
    const { code, stderr } = await bosun({ place, server }, "-p", "go", option, "0.001");
    expect(code).toBe(3);
    expect(stderr).toContain("The next model call may cost $");
  }
  expect(server.requests.length).toBe(0);
});

test("prices of one's own are what counts, and a stale row is said", async () => {
  const [place, server] = [makePlace(), await serve(always)];
  fs.mkdirSync(place.home, { recursive: true });
  const row = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, cacheWriteLong: 0, source: "a gift", asOf: "2024-01-01" };
  fs.writeFileSync(`${place.home}/prices.json`, JSON.stringify({ "anthropic/claude-sonnet-5-5": row }));
  const { code, stderr } = await bosun({ place, server }, "-p", "go", "--model", "anthropic/claude-sonnet-5-5", "--max-budget-usd", "0");
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining("prices.json:1) is of 2024-01-01") });
  const listed = await bosun({ place }, "models", "--prices", "--json");
  const rows = listed.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(rows.find(({ model }) => model === "anthropic/claude-sonnet-5-5")).toMatchObject({
    from: `${place.home}/prices.json:1`,
    source: "a gift",
    staleDays: expect.any(Number),
  });
  fs.writeFileSync(`${place.home}/prices.json`, JSON.stringify({ "openai/x": { ...row, input: -1 } }));
  const refused = await bosun({ place, server }, "-p", "go");
  expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("prices.json:1: input of openai/x") });
});
