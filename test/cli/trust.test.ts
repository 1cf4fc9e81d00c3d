// Trust in a project, as a person gives it: by the command, at the first start in a conversation, never by -p.
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { changesInWords } from "../../src/cli/trust-changes.ts";
import { bash, done, makePlace, type Place, serve } from "../agent/support.ts";
import { pty, terminal } from "./pty.ts";
import { bosun } from "./support.ts";

function put(path: string, text: string): void {
  fs.mkdirSync(dirname(path), { recursive: true });
  fs.writeFileSync(path, text);
}
/** A project that would allow itself something, and has a skill. */
function wideProject(): Place {
  const place = makePlace();
  put(place.file(".bosun/settings.json"), '{ "permissions": { "allow": ["bash(touch *)"], "deny": ["bash(rm *)"] } }');
  put(place.file(".claude/skills/good/SKILL.md"), "---\nname: good\ndescription: Does good.\n---\nGood.\n");
  return place;
}
const recorded = (place: Place) => JSON.parse(fs.readFileSync(join(place.home, "trust.json"), "utf8")).projects;

describe("bosun trust", () => {
  test("records yes, no and nothing, says what it changes, and lists", async () => {
    const place = wideProject();
    const yes = await bosun({ place }, "trust");
    expect(yes.code).toBe(0);
    expect(yes.stdout).toContain(`${place.project} is trusted.`);
    expect(yes.stdout).toMatch(/permissions\.allow: bash\(touch \*\) \(.*settings\.json:1\)\n {2}the skill \.claude\/skills\/good/);
    expect(recorded(place)).toMatchObject([{ root: place.project, verdict: "yes", by: "command" }]);
    // from a folder of the project it is the project's; said again it is replaced
    fs.mkdirSync(place.file("deep"));
    const no = await bosun({ place }, "trust", "deep/..", "--no", "--json");
    expect(JSON.parse(no.stdout)).toMatchObject({
      root: place.project,
      verdict: "no",
      changes: { settings: [{ name: "permissions.allow" }], skills: [".claude/skills/good"] },
    });
    expect((await bosun({ place }, "trust", "--list")).stdout).toMatch(/^TRUSTED .*\nno +\d{4}-\d\d-\d\d +command +\/.*\n$/);
    expect(JSON.parse((await bosun({ place }, "trust", "--list", "--json")).stdout).projects).toMatchObject([{ verdict: "no", exists: true }]);
    expect(await bosun({ place }, "trust", "--forget")).toMatchObject({ code: 0, stdout: expect.stringContaining("forgotten") });
    expect(await bosun({ place }, "trust", "--forget")).toMatchObject({ code: 2, stderr: expect.stringContaining("--list") });
    expect(recorded(place)).toEqual([]);
  });

  test("is refused to a command that an agent runs, and where it can't be understood", async () => {
    const place = wideProject();
    expect(await bosun({ place, environment: { BOSUN: "1" } }, "trust")).toMatchObject({ code: 2, stderr: expect.stringContaining("a person's word") });
    expect(await bosun({ place }, "trust", "--no", "--forget")).toMatchObject({ code: 2, stderr: expect.stringContaining("exclude each other") });
    expect(await bosun({ place }, "trust", "nowhere")).toMatchObject({ code: 2, stderr: expect.stringContaining("nowhere") });
    expect(fs.existsSync(join(place.home, "trust.json"))).toBe(false);
    put(join(place.home, "trust.json"), "{");
    for (const words of [[], ["--list"], ["--forget"]])
      expect(await bosun({ place }, "trust", ...words)).toMatchObject({
        code: expect.any(Number),
        stderr: expect.stringMatching(/trust\.json is not what bosun writes.*mend it/),
      });
  });
});

test("what trust would change is said with the widest rules first, bounded, safe and without secrets", () => {
  const many = Array.from({ length: 200 }, (_, index) => `bash(harmless-tool-${index} --with words)`);
  const source = "f:1";
  const [allow, mode, skill] = changesInWords({
    settings: [
      { name: "permissions.allow", value: [...many, "bash"], source, why: "" },
      { name: "providers.openai.baseUrl", value: "https://x.example/\u001b[2J sk-ant-api03-abcdefghijklmnopqrstuvwxyz012345", source, why: "" },
    ],
    skills: Array.from({ length: 40 }, (_, index) => `s\u202e${index}`),
  });
  expect(allow).toMatch(/^permissions\.allow: 201 of them: bash, bash\(harmless-tool-0 /);
  expect((allow ?? "").length).toBeLessThan(400);
  expect(mode).toContain("https://x.example/");
  expect(mode).not.toContain("abcdefghijklmnopqrstuvwxyz012345");
  expect(skill).toMatch(/^the skill s/);
  for (const hidden of ["\u001b", "\u202e"]) expect(`${mode}${skill}`).not.toContain(hidden);
});

test("-p never asks: one notice with the next move, and its rules do not count until the project is trusted", async () => {
  const place = wideProject();
  const call = [{ reply: [bash("touch made")] }, done];
  const before = await bosun({ place, server: await serve(call) }, "-p", "go");
  expect(before.stderr.match(/not trusted, so its own settings only narrow.*"permissions\.allow".*`bosun trust` trusts it/g)).toHaveLength(1);
  expect(fs.existsSync(place.file("made"))).toBe(false);
  await bosun({ place }, "trust");
  const after = await bosun({ place, server: await serve(call) }, "-p", "go");
  expect(after).toMatchObject({ code: 0, stderr: expect.not.stringContaining("trust") });
  expect(fs.existsSync(place.file("made"))).toBe(true);
});

pty.describe("a conversation", () => {
  test("asks once and says what it is about; no is kept", async () => {
    const [place, server] = [wideProject(), await serve([done])];
    const screen = await terminal({ place, server });
    const asked = await screen.see(/Enter: not now › /);
    expect(asked).toMatch(/Do you trust this project\?[\s\S]*permissions\.allow: bash\(touch \*\)[\s\S]*the skill \.claude\/skills\/good/);
    screen.type("what\r");
    await screen.see(/Answer y or n[\s\S]*Enter: not now › /);
    screen.type("n\r");
    expect(await screen.see(/lists the commands/)).not.toContain("Do you trust");
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
    expect(recorded(place)).toMatchObject([{ root: place.project, verdict: "no", by: "question" }]);
    const again = await terminal({ place, server });
    expect(await again.see(/lists the commands/)).not.toContain("Do you trust");
    again.type("/exit\r");
    expect(await again.ended).toBe(0);
  });

  test("with yes the project's rules count at once; Enter and a terminal that vanishes record nothing", async () => {
    const [place, server] = [wideProject(), await serve([{ reply: [bash("touch made")] }, done])];
    const gone = await terminal({ place, server });
    await gone.see(/Enter: not now › /);
    gone.vanish();
    await gone.ended;
    const later = await terminal({ place, server });
    await later.see(/Enter: not now › /);
    later.type("\r");
    await later.see(/lists the commands/);
    later.type("/exit\r");
    await later.ended;
    expect(fs.existsSync(join(place.home, "trust.json"))).toBe(false);
    const screen = await terminal({ place, server });
    await screen.see(/Enter: not now › /);
    screen.type("y\r");
    await screen.see(/lists the commands[\s\S]*› /);
    screen.type("go\r");
    await screen.see(/done/);
    screen.type("/exit\r");
    await screen.ended;
    expect(fs.existsSync(place.file("made"))).toBe(true);
  });

  test("is not asked anything in a project that trust would not change", async () => {
    const place = makePlace();
    put(place.file(".bosun/settings.json"), '{ "permissions": { "deny": ["fetch"] } }');
    const screen = await terminal({ place, server: await serve([done]) });
    expect(await screen.see(/lists the commands/)).not.toContain("Do you trust");
    screen.type("/exit\r");
    expect(await screen.ended).toBe(0);
  });
});
