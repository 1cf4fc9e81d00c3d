// A link that leads elsewhere between the look at the disk and the start of a command that was proved by it: the sandbox stands behind.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { type Machine, nodeMachine } from "../../src/exec/index.ts";
import { needs } from "../support/needs.ts";
import { bash, done, entriesOf, makePlace, type Place, play, type Scene, toldOf } from "./support.ts";

const decisionsOf = (scene: Scene) => entriesOf(scene.journal(), "decision").map(({ decision }) => decision);

/** By renaming: there is no moment without a link. */
function turn(place: Place, to: string): void {
  fs.symlinkSync(to, place.file("link.new"));
  fs.renameSync(place.file("link.new"), place.file("link"));
}

/** A file outside with a secret, and a project whose link leads to a file of its own. */
function prepare(place: Place): string {
  const outside = makePlace();
  outside.write("secret.txt", "SECRET\n");
  place.write("a.txt", "one\n");
  turn(place, place.file("a.txt"));
  return outside.file("secret.txt");
}

/** Turns the link right before the command's process is started, once it was judged. */
async function raced(commands: { readonly open?: boolean }): Promise<Scene> {
  const place = { now: null as Place | null, secret: "" };
  const machine: Machine = {
    ...nodeMachine,
    start(program, options, how) {
      if (place.now !== null) turn(place.now, place.secret);
      return nodeMachine.start(program, options, how);
    },
  };
  const scene = await play([{ reply: [bash("cat link")] }, done], { mode: "unattended", machine, commands }, (made) => {
    place.secret = prepare(made);
    place.now = made;
  });
  await scene.run("go");
  expect(decisionsOf(scene)[0]).toMatchObject({ verdict: "allow", reason: { by: "analysis" } });
  expect(fs.readlinkSync(scene.place.file("link"))).toBe(place.secret);
  return scene;
}

needs("bwrap").describe("a link that is swapped after the command was judged", () => {
  test("shows nothing of what it leads to then", async () => {
    const scene = await raced({});
    expect(decisionsOf(scene)[0]?.profile).toBe("read-only");
    expect(JSON.stringify(toldOf(scene))).not.toContain("SECRET");
    expect(toldOf(scene)[0]).toMatchObject({ text: expect.stringMatching(/No such file|Permission denied/) });
  });

  test("would show it without the sandbox, which the person can choose", async () => {
    const scene = await raced({ open: true });
    expect(decisionsOf(scene)[0]?.profile).toBe("open");
    expect(toldOf(scene)[0]?.text).toContain("SECRET");
  });

  test("by another process, all the time: some are refused, some run, none shows it", async () => {
    const count = 40;
    const script = `const fs = require("node:fs"); const [link, ...targets] = process.argv.slice(1); const lock = new Int32Array(new SharedArrayBuffer(4));
      for (let at = 0; ; at += 1) { fs.symlinkSync(targets[at % 2], link + ".turn"); fs.renameSync(link + ".turn", link); Atomics.wait(lock, 0, 0, 1 + (at % 7)); }`;
    // a run of its own for each: several refusals in a row end a run
    const turns = Array.from({ length: count }, (_, at) => [{ reply: [bash(`head -n ${at + 1} link`)] }, done]).flat();
    const scene = await play(turns, { mode: "unattended" }, (place) => {
      const secret = prepare(place);
      const swapper = spawn(process.execPath, ["-e", script, place.file("link"), place.file("a.txt"), secret], { stdio: "ignore" });
      onTestFinished(() => void swapper.kill("SIGKILL"));
    });
    for (let at = 0; at < count; at += 1) await scene.run("go");
    const verdicts = decisionsOf(scene).map(({ verdict }) => verdict);
    const texts = toldOf(scene).map(({ text }) => text);
    expect(JSON.stringify(texts)).not.toContain("SECRET");
    expect(verdicts).toHaveLength(count);
    const ran = texts.filter((_, at) => verdicts[at] === "allow");
    // the race was run: both ways it was judged, and both ways it then was
    expect(verdicts).toContain("deny");
    expect(ran.filter((text) => text === "one").length).toBeGreaterThan(0);
    expect(ran.filter((text) => /No such file|Permission denied/.test(text)).length).toBeGreaterThan(0);
  }, 60_000);
});
