// How a command is judged and surrounded in a run: beside which calls, in which sandbox, with what in the books.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { needs } from "../support/needs.ts";
import { pathWithout } from "../support/path-without.ts";
import { bash, done, entriesOf, makePlace, makeScene, modelFor, play, read, type Scene, serve, toldOf } from "./support.ts";

const orderOf = (scene: Scene): readonly string[] =>
  scene.journal().flatMap((entry) => (entry.type === "step" && (entry.change.to === "executing" || entry.change.to === "done") ? [entry.change.to] : []));
const decisionsOf = (scene: Scene) => entriesOf(scene.journal(), "decision").map(({ decision }) => decision);
const rules = (...texts: string[]) => texts.map((text) => ({ text, verdict: "allow" as const, source: "a test" }));

describe("proved commands", () => {
  test("run beside each other and beside reads, in mode plan too", async () => {
    const scene = await play([{ reply: [bash("cat a.txt"), read("a.txt"), bash("wc -l a.txt | cut -d' ' -f1")] }, done], { mode: "plan" }, (place) =>
      place.write("a.txt", "one\n"),
    );
    await scene.run("go");
    expect(orderOf(scene).slice(0, 3)).toEqual(["executing", "executing", "executing"]);
    expect(toldOf(scene).map(({ text }) => text)).toEqual(["one", "1\tone", "1"]);
    expect(decisionsOf(scene)[0]).toMatchObject({ verdict: "allow", reason: { by: "analysis" }, profile: "read-only", facts: { findings: [] } });
  });

  test("one that moves stands alone, and the next starts where it ended", async () => {
    const scene = await play([{ reply: [bash("cd sub"), bash("pwd"), bash("cat ../a.txt")] }, done], { mode: "ask" }, (place) => {
      place.write("a.txt", "one\n");
      fs.mkdirSync(place.file("sub"));
    });
    await scene.run("go");
    expect(orderOf(scene).slice(0, 2)).toEqual(["executing", "done"]);
    expect(
      toldOf(scene)
        .map(({ text }) => text)
        .slice(1),
    ).toEqual([scene.place.file("sub"), "one"]);
  });

  test("are judged after what came before them was done", async () => {
    const outside = makePlace();
    outside.write("secret.txt", "SECRET\n");
    const turns = [{ reply: [bash("cat a.txt"), bash(`ln -s ${outside.file("secret.txt")} b.txt`), bash("cat b.txt")] }, done];
    const scene = await play(turns, { mode: "unattended", rules: rules("bash(ln *)") }, (place) => place.write("a.txt", "one\n"));
    await scene.run("go");
    expect(decisionsOf(scene).map(({ verdict, profile }) => [verdict, profile])).toEqual([
      ["allow", "read-only"],
      ["allow", "workspace"],
      ["deny", undefined],
    ]);
    expect(JSON.stringify(toldOf(scene))).not.toContain("SECRET");
  });
});

describe("the books", () => {
  test("the intent names what a command was seen to write", async () => {
    const scene = await play([{ reply: [bash("touch one two"), bash("make"), bash("ls")] }, done], {
      mode: "unattended",
      rules: rules("bash(touch *)", "bash(make)"),
    });
    await scene.run("go");
    const intents = scene.journal().flatMap((entry) => (entry.type === "step" && entry.change.to === "executing" ? [entry.change.intent.writes] : []));
    expect(intents).toEqual([[scene.place.file("one"), scene.place.file("two")], [null], undefined]);
  });
});

needs("bwrap").describe("where no sandbox can be made", () => {
  const without = async (mode: "ask" | "unattended", commands: { readonly withoutSandbox?: "run" | "ask" | "refuse"; readonly open?: boolean } = {}) => {
    const place = makePlace();
    place.write("a.txt", "one\n");
    const server = await serve([{ reply: [bash("cat a.txt")] }, done]);
    const environment = { PATH: pathWithout("bwrap", join(place.project, "../programs")), ANTHROPIC_BASE_URL: server.url, ANTHROPIC_API_KEY: "key" };
    const scene = await makeScene(place, server, { mode, environment, commands, model: modelFor("anthropic") });
    await scene.run("go");
    return { decision: decisionsOf(scene)[0], text: toldOf(scene)[0]?.text };
  };

  test("a mode that asks nobody refuses, and says what is missing", async () => {
    const { decision } = await without("unattended");
    expect(decision).toMatchObject({
      verdict: "deny",
      reason: { by: "fact", says: expect.stringMatching(/no sandbox can be made here.*shell\.withoutSandbox/s) },
    });
  });
  test("unless it is told to run them, or that there is to be none", async () => {
    const { decision, text } = await without("unattended", { withoutSandbox: "run" });
    expect([decision?.verdict, decision?.profile, text]).toEqual(["allow", "read-only", "one"]);
    expect(decision?.sandbox).toEqual(expect.any(String));
    expect((await without("unattended", { open: true })).decision).toMatchObject({ verdict: "allow", profile: "open" });
  });
  test("a mode in which somebody can be asked goes on, and every decision says it", async () => {
    const { decision, text } = await without("ask");
    expect([decision?.verdict, text]).toEqual(["allow", "one"]);
    expect(decision?.sandbox).toEqual(expect.any(String));
  });
});
