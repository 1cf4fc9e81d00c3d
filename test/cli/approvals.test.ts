// Answers from another process: a person lists, reads and answers questions of sessions that wait, with the command as users have it.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { sha256 } from "../../src/exec/index.ts";
import { encodeLine } from "../../src/session/index.ts";
import { bash, done, edit, makePlace, type Place, readJournal, serve, text, until } from "../agent/support.ts";
import { bosun, linesOf, sessionOf, start } from "./support.ts";

const journalOf = (place: Place) => readJournal(`${place.home}/${fs.globSync(`projects/*/${sessionOf(place)}/journal.jsonl`, { cwd: place.home })[0]}`);
const decisionsOf = (place: Place) => journalOf(place).flatMap((entry) => (entry.type === "decision" ? [entry] : []));
const lastResult = (body: unknown): string => JSON.stringify((body as { messages: unknown[] }).messages.at(-1));
const listOf = async (setting: { place: Place }, ...words: readonly string[]) => {
  const listed = await bosun(setting, "approvals", "list", "--json", ...words);
  return (linesOf(listed.stdout)[0] as unknown as { questions: readonly Record<string, unknown>[] }).questions;
};
/** A session that waits for a word on these calls. */
async function waiting(...calls: readonly ReturnType<typeof bash>[]) {
  const place = makePlace();
  place.write("a.txt", "old\n");
  const server = await serve([{ reply: calls }, done]);
  const setting = { place, server };
  expect((await bosun(setting, "-p", "go")).code).toBe(5);
  return { place, server, setting, ids: (await listOf(setting)).map(({ id }) => id as string) };
}

describe("a session that waits", () => {
  test("is answered from another process, and goes on without a prompt", async () => {
    const { place, server, setting, ids } = await waiting(bash("echo made > made.txt"));
    const [id = ""] = ids;
    const shown = await bosun({ place }, "approvals", "show", id);
    expect(shown.code).toBe(0);
    expect(shown.stdout).toMatch(/bash .*echo made > made\.txt/);
    expect(shown.stdout).toMatch(/ {2}echo made > made\.txt\s+ *\^{5,}/);
    expect(shown.stdout).toContain("asked because");
    expect(shown.stdout).toContain("it writes");
    const allowed = await bosun({ place }, "approvals", "allow", id.slice(0, -2));
    expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining("Allowed: bash echo made") });
    expect(allowed.stderr).toContain(`bosun --resume ${sessionOf(place)} -p`);
    // audits see it at once
    expect(decisionsOf(place)).toMatchObject([
      { asking: id, decision: { verdict: "allow", effect: "execute", reason: { by: "person" }, facts: { findings: [{}] } } },
    ]);
    expect(fs.existsSync(place.file("made.txt"))).toBe(false);
    const again = await bosun(setting, "--resume", sessionOf(place), "-p");
    expect(again).toMatchObject({ code: 0, stdout: "done\n" });
    expect(place.read("made.txt")).toBe("made\n");
    expect(server.requests).toHaveLength(2);
    expect(decisionsOf(place)).toHaveLength(1);
  });

  test("a denial carries a word to the model; nothing is done", async () => {
    const { place, server, setting, ids } = await waiting(edit("a.txt", "old", "new"));
    expect((await bosun({ place }, "approvals", "deny", ids[0] ?? "", "use", "the", "makefile")).code).toBe(0);
    expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(0);
    expect(place.read("a.txt")).toBe("old\n");
    expect(lastResult(server.requests[1]?.json)).toContain("the person said no, and: use the makefile");
  });

  test("the first answer counts: the same again says so, another one is refused and told who was first, also after it went on", async () => {
    const { place, setting, ids } = await waiting(bash("touch one"));
    const [id = ""] = ids;
    const race = await Promise.all([
      bosun({ place }, "approvals", "allow", id),
      bosun({ place }, "approvals", "deny", id, "no"),
      bosun({ place }, "approvals", "deny", id, "no"),
    ]);
    const isAllowed = race[0]?.code === 0;
    expect(race.map(({ code }) => code)).toEqual(isAllowed ? [0, 2, 2] : [2, 0, 0]);
    for (const when of ["before", "after"]) {
      const same = await bosun({ place }, "approvals", ...(isAllowed ? ["allow", id] : ["deny", id, "no"]));
      expect([when, same.code, same.stdout]).toEqual([when, 0, expect.stringContaining("was answered so already")]);
      const other = await bosun({ place }, "approvals", ...(isAllowed ? ["deny", id] : ["allow", id]));
      expect([when, other.code, other.stderr]).toEqual([when, 2, expect.stringMatching(/answered otherwise before: (allowed|denied) by .+ on 20/)]);
      if (when === "before") expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(0);
    }
    expect(decisionsOf(place)).toHaveLength(1);
    expect(fs.existsSync(place.file("one"))).toBe(isAllowed);
  });

  test("another input runs in place of the model's, judged anew, and the model is told what ran", async () => {
    const { place, server, setting, ids } = await waiting(bash("touch one"));
    const invalid = await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--input", '{"comand":"touch two"}');
    expect(invalid).toMatchObject({ code: 2, stderr: expect.stringContaining("comand") });
    expect((await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--input", '{"command":"touch two"}')).code).toBe(0);
    expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(0);
    expect([fs.existsSync(place.file("one")), fs.existsSync(place.file("two"))]).toEqual([false, true]);
    expect(lastResult(server.requests[1]?.json)).toMatch(/The person changed this call.*touch two/);
    expect(decisionsOf(place)).toMatchObject([{ decision: { subject: "touch two", input: { command: "touch two" }, verdict: "allow" } }]);
  });

  test("--always goes by the narrowest rule, --rule must allow the call, and both hold for the session", async () => {
    const { place, setting, ids } = await waiting(bash("mkdir one"), bash("mkdir one/two"));
    expect(await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--rule", "bash(git *)")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("does not allow this call"),
    });
    expect(await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--rule", "bash(")).toMatchObject({ code: 2 });
    const answered = await bosun({ place }, "approvals", "allow", `${sessionOf(place)}:1`, "--rule", "bash(mkdir *)");
    expect(answered).toMatchObject({ code: 0, stdout: expect.stringContaining("bash(mkdir *) for this session") });
    expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(0);
    expect(fs.existsSync(place.file("one/two"))).toBe(true);
    expect(decisionsOf(place)).toMatchObject([
      { decision: { rule: "bash(mkdir *)", holds: "session" } },
      { decision: { reason: { by: "rule", rule: "bash(mkdir *)" } } },
    ]);
  });

  test("a rule for the project is written where the project is trusted, and holds in its next sessions", async () => {
    const { place, setting, ids } = await waiting(bash("mkdir one"));
    const refused = await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--rule", "bash(mkdir *)", "--for-project");
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining("is not trusted") });
    fs.writeFileSync(`${place.home}/settings.json`, JSON.stringify({ trust: [place.project] }));
    const allowed = await bosun({ place }, "approvals", "allow", ids[0] ?? "", "--rule", "bash(mkdir *)", "--for-project");
    expect(allowed).toMatchObject({ code: 0, stdout: expect.stringContaining("bash(mkdir *) for this project") });
    expect(place.read(".bosun/settings.local.json")).toContain("bash(mkdir *)");
    expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(0);
    const next = await serve([{ reply: [bash("mkdir two")] }, done]);
    expect((await bosun({ place, server: next }, "-p", "go")).code).toBe(0);
    expect(fs.existsSync(place.file("two"))).toBe(true);
  });

  test("of another project is found with --all alone; what is none, over or ambiguous says what to do", async () => {
    const { place, setting, ids } = await waiting(bash("touch one"), bash("touch two"));
    const elsewhere: Place = { ...makePlace(), home: place.home };
    expect(await listOf({ place: elsewhere })).toEqual([]);
    expect(await listOf({ place: elsewhere }, "--all")).toHaveLength(2);
    const [id = ""] = ids;
    expect(await bosun({ place: elsewhere }, "approvals", "show", id)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--all looks in all projects"),
    });
    expect(await bosun({ place }, "approvals", "allow", "q_")).toMatchObject({ code: 2, stderr: expect.stringContaining("fits 2 questions") });
    const allowed = await bosun({ place: elsewhere }, "approvals", "allow", id, "--all");
    expect(allowed).toMatchObject({ code: 0, stderr: expect.stringMatching(/one more answer: q_.*--cwd ".*project" --resume/s) });
    // asked anew: the old question is over
    expect((await bosun(setting, "--resume", sessionOf(place), "-p")).code).toBe(5);
    const replaced = await bosun({ place }, "approvals", "allow", ids[1] ?? "");
    expect(replaced).toMatchObject({ code: 2, stderr: expect.stringMatching(/does not wait for an answer \(asked anew, as q_.*bosun approvals show q_/) });
  });

  test("a journal of a newer bosun is refused, and left as it is", async () => {
    const { place, ids } = await waiting(bash("touch one"));
    const path = `${place.home}/${fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home })[0]}`;
    const lines = fs.readFileSync(path, "utf8").trimEnd().split("\n");
    const last = JSON.parse(lines.at(-1) ?? "") as { seq: number };
    const newer = encodeLine({ type: "note", about: "x", parts: [], needs: ["time-travel"] } as never, last.seq + 1, sha256(lines.at(-1) ?? ""), 1);
    fs.appendFileSync(path, newer.line);
    const before = fs.readFileSync(path);
    const refused = await bosun({ place }, "approvals", "allow", ids[0] ?? "");
    expect(refused).toMatchObject({ code: 8, stderr: expect.stringContaining("newer bosun") });
    expect(fs.readFileSync(path).equals(before)).toBe(true);
    expect(fs.globSync("projects/*/*/answers/*", { cwd: place.home })).toEqual([]);
  });
});

describe("a session that is live", () => {
  test("waits for its seconds, takes the answer of another process, and goes on", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [bash("touch one")] }, done]);
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(`${place.home}/settings.json`, '{"approvals.waitSeconds": 30}');
    const live = await start({ place, server }, "-p", "go");
    let ids: readonly string[] = [];
    await until(
      () => fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home }).length > 0 && JSON.stringify(journalOf(place)).includes("awaiting-approval"),
    );
    ids = (await listOf({ place })).map(({ id }) => id as string);
    expect(ids).toHaveLength(1);
    const from = performance.now();
    const allowed = await bosun({ place }, "approvals", "allow", ids[0] ?? "");
    expect(allowed.code).toBe(0);
    expect(await live.ended).toMatchObject({ code: 0, stdout: "done\n" });
    expect(performance.now() - from).toBeLessThan(5000);
    expect(fs.existsSync(place.file("one"))).toBe(true);
    expect(decisionsOf(place)).toMatchObject([{ asking: ids[0], decision: { reason: { by: "person" }, more: { answeredBy: expect.any(String) } } }]);
  });

  test("without an answer it is awaiting when the seconds are over, and denied in mode unattended, with the reason", async () => {
    const place = makePlace();
    const server = await serve([{ reply: [bash("touch one")] }, done]);
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(`${place.home}/settings.json`, '{"approvals.waitSeconds": 0.2}');
    expect((await bosun({ place, server }, "-p", "go")).code).toBe(5);
    const other = makePlace();
    const second = await serve([{ reply: [bash("touch one")] }, { reply: [text("so be it")] }]);
    fs.mkdirSync(other.home, { recursive: true });
    fs.writeFileSync(`${other.home}/settings.json`, '{"approvals.waitSeconds": 0.2}');
    expect((await bosun({ place: other, server: second }, "-p", "go", "--permission-mode", "unattended")).code).toBe(0);
    expect(lastResult(second.requests[1]?.json)).toMatch(/nobody answered within 0\.2 seconds, and this has to be asked/);
  });
});
