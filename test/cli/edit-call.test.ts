// A person at a terminal changes a call before it runs, with an editor or on a line; a terminal that vanishes allows nothing.
import * as fs from "node:fs";
import { expect, test } from "vitest";
import { bash, done, edit, makePlace, readJournal, serve, until } from "../agent/support.ts";
import { pty, terminal } from "./pty.ts";
import { sessionOf } from "./support.ts";

const question = /\[n\]o, or a word to the model › /;
const journalOf = (place: ReturnType<typeof makePlace>) =>
  readJournal(`${place.home}/${fs.globSync(`projects/*/${sessionOf(place)}/journal.jsonl`, { cwd: place.home })[0]}`);
const decisionsOf = (place: ReturnType<typeof makePlace>) => journalOf(place).flatMap((entry) => (entry.type === "decision" ? [entry.decision] : []));
/** An editor that puts another word in, and leaves the file as it found it the second time. */
function editorOf(place: ReturnType<typeof makePlace>, script: string): string {
  const path = `${place.project}/../editor.sh`;
  fs.writeFileSync(path, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return fs.realpathSync(path);
}

pty.describe("changing a call", () => {
  test("in an editor: a command alone, then it is asked for as it would run, and runs so", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const editor = editorOf(place, `cat "$2" > "${place.project}/../seen"; printf 'touch two\\n' > "$2"; exit 0`);
    const screen = await terminal({ place, server, environment: { VISUAL: `${editor} --wait` } }, "-p", "go");
    expect(await screen.see(question)).toContain("[e]dit");
    screen.type("e\r");
    expect(await screen.see(question)).toMatch(/touch two.*asked because/s);
    expect(fs.readFileSync(`${place.project}/../seen`, "utf8")).toBe("touch one\n");
    screen.type("y\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect([fs.existsSync(place.file("one")), fs.existsSync(place.file("two"))]).toEqual([false, true]);
    expect(decisionsOf(place)).toMatchObject([{ input: { command: "touch two" }, subject: "touch two", reason: { by: "person" } }]);
    expect(fs.readdirSync("/tmp").filter((name) => name.startsWith("bosun-edit-"))).toEqual([]);
  });

  test("in an editor that fails, writes no JSON or changes nothing: the call stays as it was and is asked again", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [edit("a.txt", "old", "new")] }, done])];
    place.write("a.txt", "old\n");
    const turns = `${place.project}/../turns`;
    const editor = editorOf(
      place,
      `echo x >> "${turns}"; case $(wc -l < "${turns}") in 1) exit 3;; 2) echo '{"path":' > "$1";; 3) ;; *) sed -i 's/"new": "new"/"new": "theirs"/' "$1";; esac`,
    );
    const screen = await terminal({ place, server, environment: { EDITOR: editor } }, "-p", "go");
    await screen.see(question);
    for (const says of [/ended with 3/, /is no JSON/, /stays as it was/]) {
      screen.type("e\r");
      await screen.see(says);
      await screen.see(question);
    }
    screen.type("e\r");
    expect(await screen.see(question)).toMatch(/\+theirs/);
    screen.type("y\r");
    expect(await screen.ended).toBe(0);
    expect(place.read("a.txt")).toBe("theirs\n");
  });

  test("on a line where no editor is set, in a conversation too; a denied change is said", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const screen = await terminal({ place, server, environment: { VISUAL: "", EDITOR: "" } });
    await screen.see(/› /);
    screen.type("go\r");
    await screen.see(question);
    screen.type("e\r");
    expect(await screen.see(/the command instead \(nothing: as it was\) › /)).toContain("touch one");
    screen.type("touch two\r");
    expect(await screen.see(question)).toContain("touch two");
    screen.type("y\r");
    await screen.see(/done/);
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
    expect([fs.existsSync(place.file("one")), fs.existsSync(place.file("two"))]).toEqual([false, true]);
  });

  test("p allows by the rule for the project, and is offered where that is trusted alone", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("git add one")] }, { reply: [bash("git add two")] }, done])];
    fs.mkdirSync(place.home, { recursive: true });
    fs.writeFileSync(`${place.home}/settings.json`, JSON.stringify({ trust: [place.project] }));
    const screen = await terminal({ place, server }, "-p", "go");
    expect(await screen.see(question)).toContain("[p]roject: always in this project");
    screen.type("p\r");
    await screen.see(/done/);
    expect(await screen.ended).toBe(0);
    expect(place.read(".bosun/settings.local.json")).toContain("bash(git add *)");
    expect(decisionsOf(place)).toMatchObject([{ holds: "project", rule: "bash(git add *)" }, { reason: { by: "rule" } }]);
  });

  test("a terminal that vanishes while a change is typed leaves the question open: nothing was allowed", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("touch one")] }, done])];
    const screen = await terminal({ place, server, environment: { VISUAL: "", EDITOR: "" } }, "-p", "go");
    await screen.see(question);
    screen.type("e\r");
    await screen.see(/instead/);
    screen.type("touch tw");
    screen.vanish();
    await until(() => journalOf(place).some((entry) => entry.type === "end"));
    expect(journalOf(place).findLast((entry) => entry.type === "end")).toMatchObject({ end: { reason: "awaiting", steps: [{ subject: "touch one" }] } });
    expect([decisionsOf(place), fs.readdirSync(place.project)]).toEqual([[], []]);
  });
});
