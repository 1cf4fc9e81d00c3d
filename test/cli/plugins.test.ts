// `bosun plugins`: in, out, and what is said of each; nothing of a plugin runs.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { makePlace, type Place, serve, until } from "../agent/support.ts";
import { manifestOf, toolOf } from "../tools/plugin-support.ts";
import { pty, terminal } from "./pty.ts";
import { bosun, sessionOf, start } from "./support.ts";

function makeSource(place: Place, manifest: object = manifestOf()): string {
  const source = join(place.home, "../source");
  fs.mkdirSync(source, { recursive: true });
  fs.writeFileSync(join(source, "server.mjs"), `import { writeFileSync } from "node:fs"; writeFileSync(${JSON.stringify(join(place.home, "../ran"))}, "");`);
  fs.writeFileSync(join(source, "plugin.json"), JSON.stringify(manifest));
  return source;
}
const ran = (place: Place): boolean => fs.existsSync(join(place.home, "../ran"));

describe("bosun plugins", () => {
  test("shows what would be registered, approves only with a yes, and takes it away again", async () => {
    const place = makePlace();
    const source = makeSource(place, manifestOf({ environment: ["SOME_KEY"] }));
    const asked = await bosun({ place }, "plugins", "add", source);
    expect(asked).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("Nothing was approved. To approve odd as it is now, answer y, or call again with --yes."),
    });
    for (const text of [
      "odd__change",
      "write",
      "The model is told:\n  odd__look: Does as it is told.",
      "node server.mjs",
      "SOME_KEY",
      "sha256",
      "2 files and folders",
    ])
      expect(asked.stdout).toContain(text);
    expect(fs.existsSync(join(place.home, "plugins.json"))).toBe(false);

    expect(await bosun({ place }, "plugins", "add", source, "--yes")).toMatchObject({ code: 0, stdout: expect.stringContaining("Approved. Its 4 tools") });
    const listed = await bosun({ place }, "plugins");
    expect(listed.stdout).toMatch(/^odd +1\.0\.0 +approved +4 tools/m);
    expect(listed.stdout).toMatch(/^plugin .*rule, bypass.*first-call$/m);

    fs.appendFileSync(join(source, "server.mjs"), "//");
    const changed = JSON.parse((await bosun({ place }, "plugins", "--json")).stdout);
    expect(changed.plugins).toMatchObject([{ id: "odd", state: "source-changed", why: expect.stringContaining("bosun plugins approve odd") }]);
    expect(changed.tiers.skill.runs).toBe("never");
    expect((await bosun({ place }, "tools")).stdout).toMatch(/odd__look.*changed since it was approved/);
    expect(await bosun({ place }, "plugins", "approve", "odd", "--yes")).toMatchObject({ code: 0 });
    expect((await bosun({ place }, "plugins", "show", "odd")).stdout).toMatch(/state +approved/);

    expect(await bosun({ place }, "plugins", "remove", "odd")).toMatchObject({ code: 0, stdout: expect.stringContaining("Removed odd") });
    expect(fs.readdirSync(join(place.home, "plugins"))).toEqual([]);
    expect((await bosun({ place }, "plugins")).stderr).toContain("No plugin is approved yet");
    expect(ran(place)).toBe(false);
  });

  test("refuses in words what can't be one", async () => {
    const place = makePlace();
    const source = makeSource(place, { ...manifestOf({ tools: [toolOf("bash", "agent")] }), id: "" });
    const refused = await bosun({ place }, "plugins", "add", source, "--yes");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/can't be a plugin: id must be a text.*effect: "agent" is not one/s);
    expect(await bosun({ place }, "plugins", "add", join(source, "none"), "--yes")).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("does not exist"),
    });
    expect(await bosun({ place }, "plugins", "show", "nobody")).toMatchObject({ code: 2, stderr: expect.stringContaining('No plugin "nobody"') });
    expect(await bosun({ place }, "plugins", "install")).toMatchObject({ code: 2, stderr: expect.stringContaining("bosun plugins add PATH") });
    makeSource(place);
    await bosun({ place }, "plugins", "add", source, "--yes");
    makeSource(place, manifestOf({ id: "other" }));
    expect(await bosun({ place }, "plugins", "approve", "odd", "--yes")).toMatchObject({ code: 2, stderr: expect.stringContaining("calls itself other now") });
    const json = await bosun({ place }, "plugins", "show", "nobody", "--json");
    expect(JSON.parse(json.stdout)).toMatchObject({ type: "error", code: "plugin-refused" });
  });
});

test("a plugin's call that bosun was killed in is unknown afterwards, and is not made again by itself", async () => {
  const place = makePlace();
  const source = makeSource(place);
  const log = place.file("starts");
  fs.writeFileSync(join(source, "plugin.json"), JSON.stringify(manifestOf({ environment: ["PLUGIN_LOG"] })));
  fs.copyFileSync(join(import.meta.dirname, "../tools/plugin-server.mjs"), join(source, "server.mjs"));
  expect((await bosun({ place }, "plugins", "add", source, "--yes")).code).toBe(0);
  const server = await serve([{ reply: [{ call: "odd__change", input: { act: "hang" } }] }, { reply: [{ text: "I see." }] }]);
  const setting = { place, server, environment: { PLUGIN_LOG: log } };
  const running = await start(setting, "-p", "go", "--allowed-tools", "odd__change");
  await until(() => fs.existsSync(log));
  running.child.kill("SIGKILL");
  await running.ended;
  const session = sessionOf(place);
  const resumed = await bosun(setting, "--resume", session, "-p", "and now?", "--allowed-tools", "odd__change");
  expect(resumed.stdout).toContain("I see.");
  // nor is anything left of what was made to guard the project
  expect(fs.readdirSync(place.project)).toEqual(["starts"]);
  expect(JSON.stringify(server.requests.at(-1))).toContain("Whether it took effect, wholly or in part, is not known");
  expect(fs.readFileSync(log, "utf8")).toBe("start\n");
}, 20_000);

pty.describe("bosun plugins add on a terminal", () => {
  test("asks, takes nothing but a yes, and lets go of a terminal that vanishes", async () => {
    const place = makePlace();
    const source = makeSource(place);
    for (const [keys, approved] of [
      ["\r", false],
      ["yeah\r", false],
      ["y\r", true],
    ] as const) {
      const session = await terminal({ place }, "plugins", "add", source);
      await session.see(/Approve odd as it is now\? \[y\/N\]/);
      session.type(keys);
      await session.ended;
      expect(fs.existsSync(join(place.home, "plugins.json"))).toBe(approved);
    }
    fs.rmSync(join(place.home, "plugins.json"));
    const gone = await terminal({ place }, "plugins", "add", source);
    await gone.see(/Approve odd/);
    gone.vanish();
    await gone.ended;
    expect(fs.existsSync(join(place.home, "plugins.json"))).toBe(false);
  });
});
