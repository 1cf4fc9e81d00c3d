// The analyser and the sandbox behind it, end to end: the built command, a model over HTTP, real bubblewrap, the journal.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { bash, done, entriesOf, makePlace, type Place, readJournal, serve } from "../agent/support.ts";
import { needs } from "../support/needs.ts";
import { pathWithout } from "../support/path-without.ts";
import { bosun } from "./support.ts";

interface Played {
  /** What the model was told of each command, in order. */
  readonly told: readonly string[];
  readonly decisions: ReturnType<typeof decisionsOf>;
  readonly stderr: string;
}
const journalOf = (place: Place) => readJournal(join(place.home, fs.globSync("projects/*/*/journal.jsonl", { cwd: place.home })[0] ?? ""));
const decisionsOf = (place: Place) => entriesOf(journalOf(place), "decision").map(({ decision }) => decision);
const stepsOf = (place: Place) => entriesOf(journalOf(place), "step").map(({ change }) => change);

async function play(place: Place, mode: string, commands: readonly string[], path = process.env["PATH"] ?? "", more: readonly string[] = []): Promise<Played> {
  const server = await serve([...commands.map((command) => ({ reply: [bash(command)] })), done]);
  const { stderr, code } = await bosun({ place, server, environment: { PATH: path } }, "-p", "go", "--permission-mode", mode, ...more);
  expect(code, stderr).toBe(0);
  const body = server.requests.at(-1)?.json as { messages: { content: string | { type: string; content?: unknown }[] }[] };
  const told = body.messages.flatMap(({ content }) =>
    typeof content === "string" ? [] : content.flatMap((part) => (part.type === "tool_result" ? [JSON.stringify(part.content)] : [])),
  );
  return { told, decisions: decisionsOf(place), stderr };
}

function makeProject(settings: object = {}): Place {
  const place = makePlace();
  place.write("a.txt", "one\ntwo\n");
  fs.mkdirSync(place.home, { recursive: true });
  fs.writeFileSync(join(place.home, "settings.json"), JSON.stringify(settings));
  return place;
}

const modes = ["ask", "unattended"] as const;

needs("bwrap").describe("bosun -p", () => {
  describe.each(modes)("in mode %s", (mode) => {
    test("what is proved runs unasked, in read-only, and the journal says so", async () => {
      const place = makeProject();
      const { told, decisions } = await play(place, mode, ["wc -l < a.txt; ls"]);
      expect(told[0]).toContain("2\\na.txt");
      expect(decisions[0]).toMatchObject({ verdict: "allow", reason: { by: "analysis" }, profile: "read-only" });
    });

    test("a proved command whose program is another one than its name says meets the wall", async () => {
      const place = makeProject();
      const programs = join(place.home, "programs");
      fs.mkdirSync(programs);
      const marks = [place.file("CANARY"), join(place.home, "CANARY"), "/tmp/bosun-canary"];
      const script = `#!/bin/sh\necho REPLACED\n${marks.map((path) => `echo x > ${path}`).join("\n")}\necho y >> ${place.file("a.txt")}\nrm -f ${place.file("a.txt")}\n`;
      fs.writeFileSync(join(programs, "ls"), script, { mode: 0o755 });
      const { told, decisions } = await play(place, mode, ["ls"], `${programs}:${process.env["PATH"]}`);
      expect(decisions[0]).toMatchObject({ verdict: "allow", reason: { by: "analysis" }, profile: "read-only" });
      expect(told[0]).toContain("REPLACED");
      expect(told[0]).toMatch(/can't be written: the command was taken for one that only reads/);
      for (const path of marks) expect(fs.existsSync(path), path).toBe(false);
      expect(place.read("a.txt")).toBe("one\ntwo\n");
    });

    test("what a rule allows writes the project, and neither its hooks nor what is outside", async () => {
      const place = makeProject({ permissions: { allow: ["bash(sh build.sh)"] } });
      fs.mkdirSync(place.file(".git/hooks"), { recursive: true });
      const outside = join(place.project, "../outside");
      place.write("build.sh", `echo built > out.txt; echo x > .git/hooks/pre-commit; echo x > ${outside}; echo x > ${join(place.home, "settings.json")}`);
      const settings = fs.readFileSync(join(place.home, "settings.json"), "utf8");
      const { told, decisions } = await play(place, mode, ["sh build.sh"]);
      expect(decisions[0]).toMatchObject({ verdict: "allow", reason: { by: "rule", rule: "bash(sh build.sh)" }, profile: "workspace" });
      expect(place.read("out.txt")).toBe("built\n");
      expect(fs.readdirSync(place.file(".git/hooks"))).toEqual([]);
      expect(fs.existsSync(outside)).toBe(false);
      expect(fs.readFileSync(join(place.home, "settings.json"), "utf8")).toBe(settings);
      expect(told[0]).toContain("Read-only file system");
    });
  });
});

needs("bwrap").describe("what is not proved", () => {
  test("is refused unattended, with the number of its check", async () => {
    const place = makeProject();
    const { told, decisions } = await play(place, "unattended", ["ls; touch made", "cat $(echo a.txt) > b.txt", "sort --compress-program=./x a.txt"]);
    for (const [at, { verdict, profile, reason, facts }] of decisions.entries()) {
      expect([verdict, profile]).toEqual(["deny", undefined]);
      const check = facts?.findings?.[0]?.check ?? 0;
      expect(check).toBeGreaterThan(0);
      expect(reason).toMatchObject({ says: expect.stringContaining(`check ${check}`) });
      expect(told[at]).toContain(`check ${check}`);
    }
    expect(decisions).toHaveLength(3);
    expect(fs.readdirSync(place.project)).toEqual(["a.txt"]);
  });

  test("waits in mode ask, where nobody is asked: the run ends with 5, and nothing was done", async () => {
    const place = makeProject();
    const server = await serve([{ reply: [bash("ls; touch made")] }, done]);
    const { code, stderr } = await bosun({ place, server }, "-p", "go", "--permission-mode", "ask");
    expect([code, stderr]).toEqual([5, expect.stringContaining("This call needs a decision: bash ls; touch made")]);
    expect(fs.readdirSync(place.project)).toEqual(["a.txt"]);
    expect(decisionsOf(place)).toEqual([]);
    const waiting = stepsOf(place).find((change) => change.to === "awaiting-approval");
    expect(waiting).toMatchObject({ because: { by: "shell-check", check: expect.any(Number), span: { start: 4, end: 14 } } });
  });
});

needs("bwrap").describe("bosun -p without bubblewrap", () => {
  test("unattended refuses and says what is missing; told to run, it runs and every decision says it has no sandbox", async () => {
    const refused = makeProject();
    const first = await play(refused, "unattended", ["cat a.txt"], pathWithout("bwrap", refused.file("../programs")));
    expect(first.decisions[0]).toMatchObject({ verdict: "deny", reason: { by: "fact", says: expect.stringMatching(/bubblewrap.*shell\.withoutSandbox/s) } });
    expect(first.told[0]).not.toContain("two");
    const told = makeProject({ shell: { withoutSandbox: "run" } });
    const second = await play(told, "unattended", ["cat a.txt", "touch made"], pathWithout("bwrap", told.file("../programs")));
    expect(second.decisions[0]).toMatchObject({ verdict: "allow", reason: { by: "analysis" }, sandbox: expect.stringContaining("bubblewrap") });
    expect(second.told[0]).toContain("one\\ntwo");
    expect(second.decisions[1]).toMatchObject({ verdict: "deny" });
    expect(fs.existsSync(told.file("made"))).toBe(false);
  });
});
