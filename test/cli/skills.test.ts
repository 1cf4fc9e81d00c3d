// `bosun skills` and a session that has skills, as users have the command.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { makePlace, type Place, serve } from "../agent/support.ts";
import { bosun } from "./support.ts";

function put(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}

/** A project with one good skill and one that is none; a person with one of their own. */
function placeWithSkills(): Place {
  const place = makePlace();
  put(
    place.file(".claude/skills/good/SKILL.md"),
    "---\nname: good\ndescription: Does good.\nallowed-tools: Read\n---\nKey: sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345\n\u001b[31mred\n",
  );
  put(place.file(".claude/skills/bad/SKILL.md"), "---\nname: bad\ndescription: !!js/function 'x'\n---\n");
  put(join(place.home, "skills/own/SKILL.md"), "---\nname: own\ndescription: My own.\n---\nMine.\n");
  return place;
}
const trust = (place: Place): void => put(join(place.home, "settings.json"), JSON.stringify({ trust: [place.project] }));

describe("bosun skills", () => {
  test("lists those that count with where they are, and why the others do not", async () => {
    const place = placeWithSkills();
    const before = await bosun({ place }, "skills", "--json");
    expect(before.code).toBe(0);
    const { skills, absent } = JSON.parse(before.stdout);
    expect(skills.map(({ name, where, owner }: Record<string, string>) => [name, where, owner])).toEqual([["own", "$BOSUN_HOME/skills/own", "person"]]);
    expect(absent.map(({ where, why }: Record<string, string>) => [where, why?.includes("not trusted")])).toEqual([
      [".claude/skills/bad", true],
      [".claude/skills/good", true],
    ]);
    trust(place);
    const after = await bosun({ place }, "skills");
    expect(after.stdout).toMatch(/good +\.claude\/skills\/good +0\.1 kB +Does good\./);
    expect(after.stdout).toMatch(/Not used:\n +\.claude\/skills\/bad +SKILL\.md: line 3: .*no tag is taken/);
  });

  test("shows one without control characters and secrets, and says what is meant by a name that is none", async () => {
    const place = placeWithSkills();
    trust(place);
    const shown = await bosun({ place }, "skills", "show", "good");
    expect(shown.stdout).toContain("limits itself to: Read");
    expect(shown.stdout).toContain("\\x1b[31mred");
    expect(shown.stdout).not.toContain("abcdefghijklmnopqrstuvwxyz012345");
    const bad = await bosun({ place }, "skills", "show", "bad");
    expect([bad.code, bad.stderr]).toEqual([2, expect.stringContaining("no tag is taken")]);
    expect((await bosun({ place }, "skills", "show", "goood")).stderr).toContain("Did you mean good?");
    expect((await bosun({ place }, "skills", "frob")).stderr).toContain("`bosun help skills`");
  });

  test("checks a folder by the standard, trusted or not", async () => {
    const place = placeWithSkills();
    expect(await bosun({ place }, "skills", "check", ".claude/skills/good")).toMatchObject({ code: 0, stdout: expect.stringContaining("✓") });
    const bad = await bosun({ place }, "skills", "check", ".claude/skills/bad", "--json");
    expect(bad.code).toBe(2);
    expect(JSON.parse(bad.stdout)).toMatchObject({ valid: false, problems: [expect.stringContaining("no tag is taken")] });
  });
});

test("a session has the skills of a project only where it is trusted", async () => {
  const place = placeWithSkills();
  fs.rmSync(join(place.home, "skills"), { recursive: true });
  const server = await serve([{ reply: [{ text: "one" }] }, { reply: [{ text: "two" }] }]);
  const untrusted = await bosun({ place, server }, "-p", "hi");
  expect(untrusted.stdout).toBe("one\n");
  expect(untrusted.stderr).toContain("bosun trust");
  trust(place);
  expect((await bosun({ place, server }, "-p", "hi")).stdout).toBe("two\n");
  const [first, second] = server.requests.map(({ body }) => Buffer.from(body).toString());
  expect(first).not.toContain("Does good");
  expect(second).toContain("- good: Does good.");
  expect(second).toContain('"name":"skill"');
});
