// The command on journals that are harmed, foreign or rearranged: what it says, how it ends, and that nothing is lost or rewritten.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { ModelServer } from "../../src/testing/index.ts";
import { bash, makePlace, type Place, serve, text } from "../agent/support.ts";
import type { ChildEnd } from "../support/child-process.ts";
import { type BadJournal, badJournals } from "./bad-journals.ts";
import { environmentOf, linesOf, runCommand } from "./support.ts";

const cleanups: (() => void | Promise<void>)[] = [];
const always = { reply: [text("ok")], repeat: "always" as const };
/** Of a session of two prompts with a command in it, and where it lies below a home. */
let sound: { readonly bytes: Buffer; readonly path: string };
let place: Place;
let server: ModelServer;

beforeAll(async () => {
  const later = (work: () => void | Promise<void>) => void cleanups.push(work);
  place = makePlace(later as never);
  server = await serve(
    { name: "calls", order: "first-match", turns: [{ match: { messages: 1 }, reply: [text("hm"), bash("echo hi")] }, always] },
    {},
    later as never,
  );
  await bosunIn(place.home, "-p", "go", "--session-id", "mine", "--permission-mode", "bypass");
  await bosunIn(place.home, "-p", "again", "--resume", "mine", "--permission-mode", "bypass");
  const path = fs.globSync("projects/*/mine/journal.jsonl", { cwd: place.home })[0] ?? "";
  sound = { bytes: fs.readFileSync(join(place.home, path)), path };
  return async () => {
    for (const work of cleanups.reverse()) await work();
  };
});

const bosunIn = (home: string, ...words: readonly string[]): Promise<ChildEnd> =>
  runCommand({ cwd: place.project, environment: environmentOf({ place: { ...place, home }, server }) }, ...words);

interface Tried extends ChildEnd {
  /** Of the session's folder, before and after: content by name. */
  readonly before: Readonly<Record<string, Buffer>>;
  readonly after: Readonly<Record<string, Buffer>>;
}
let homes = 0;
/** In a home of its own that has this journal and nothing else. */
async function tried(bad: BadJournal, ...words: readonly string[]): Promise<Tried> {
  const home = `${place.home}-${++homes}`;
  const folder = join(home, dirname(sound.path));
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "journal.jsonl"), bad.make(sound.bytes));
  const contents = () =>
    Object.fromEntries(
      fs.readdirSync(folder, { withFileTypes: true }).flatMap((one) => (one.isFile() ? [[one.name, fs.readFileSync(join(folder, one.name))]] : [])),
    );
  const before = contents();
  const ended = await bosunIn(home, ...words);
  const after = contents();
  expect(ended.stderr).not.toMatch(/Internal error|\n {4}at /);
  return { ...ended, before, after };
}

/** The journal begins with what it was, or what was cut off it lies beside it to the byte. */
function expectNothingLost({ before, after }: Tried): void {
  const was = before["journal.jsonl"] as Buffer;
  const is = after["journal.jsonl"] as Buffer;
  if (is.subarray(0, was.length).equals(was)) return;
  const aside = Object.keys(after).find((name) => name.startsWith("journal.torn-")) ?? "nothing was put aside";
  const cut = Number(aside.split("-").at(-1));
  expect(is.subarray(0, cut)).toEqual(was.subarray(0, cut));
  expect(after[aside]).toEqual(was.subarray(cut));
}
const goesOn: Readonly<Record<BadJournal["kind"], number>> = { empty: 0, harmed: 0, disordered: 8, foreign: 8 };
const forks: Readonly<Record<BadJournal["kind"], number>> = { empty: 2, harmed: 0, disordered: 0, foreign: 8 };
const isRead: Readonly<Record<BadJournal["kind"], number>> = { empty: 0, harmed: 0, disordered: 0, foreign: 8 };
const listed: Readonly<Record<BadJournal["kind"], RegExp>> = {
  empty: /mine .* empty /,
  harmed: /mine .* 3 replies/,
  disordered: /mine /,
  foreign: /mine .* unreadable .* no line that can be read/,
};

describe.concurrent.each(badJournals)("a journal $name", (bad) => {
  test("sessions: it is in the list, and not touched", async () => {
    const ended = await tried(bad, "sessions", "list");
    expect(ended).toMatchObject({ code: 0, stdout: expect.stringMatching(listed[bad.kind]), stderr: "" });
    expect(ended.after).toEqual(ended.before);
  });
  test.each(["show", "export"])("sessions %s: says what is wrong with it, and touches nothing", async (act) => {
    const ended = await tried(bad, "sessions", act, "mine");
    expect(ended.code).toBe(isRead[bad.kind]);
    expect(ended.stdout + ended.stderr).toMatch(bad.says);
    expect(ended.after).toEqual(ended.before);
  });
  test("--fork: as much as can be read goes on in a new session, and what can't is said", async () => {
    const ended = await tried(bad, "-p", "next", "--resume", "mine", "--fork");
    expect(ended.code).toBe(forks[bad.kind]);
    expect(ended.stderr).toMatch(bad.says);
    expect(ended.after).toEqual(ended.before);
  });
  test.each([["--resume", "mine"], ["--continue"]])("%s: goes on or is refused, with the next move", async (...which) => {
    const ended = await tried(bad, "-p", "next", ...which, "--output-format", "json");
    expect(ended.code).toBe(goesOn[bad.kind]);
    expect(ended.stderr).toMatch(bad.says);
    if (ended.code === 0) return expectNothingLost(ended);
    expect(linesOf(ended.stdout)).toMatchObject([{ type: "error", code: "journal-damaged" }]);
    expect(ended.stderr).toMatch(/Nothing was changed\. Put a copy of it back/);
    expect(ended.after["journal.jsonl"]).toEqual(ended.before["journal.jsonl"]);
  });
});
