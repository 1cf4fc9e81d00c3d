// What a crash leaves between intent and record is decided by evidence, said, and never done again by itself.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { type Disk, nodeDisk, sha256 } from "../../src/exec/index.ts";
import type { RunEvent, Tool } from "../../src/index.ts";
import type { Entry } from "../../src/session/index.ts";
import {
  bash,
  call,
  coursesOf,
  edit,
  entriesOf,
  eventsOf,
  makePlace,
  makeScene,
  type Place,
  read,
  type Scene,
  type Setting,
  says,
  serve,
  statelessScript,
  text,
  toldOf,
  toolOf,
} from "./support.ts";

/** Lines of the journal up to and with the first one that fits, as they stood when the process died there. */
function cutAfter(scene: Scene, isLast: (entry: Entry) => boolean): void {
  const lines = fs
    .readFileSync(scene.journalPath, "utf8")
    .split("\n")
    .filter((line) => line !== "");
  const at = lines.findIndex((line) => isLast(JSON.parse(line) as Entry));
  expect(at).toBeGreaterThanOrEqual(0);
  fs.writeFileSync(scene.journalPath, `${lines.slice(0, at + 1).join("\n")}\n`);
}
const isExecuting = (tool: string, entries: readonly Entry[]) => {
  const steps = new Set(entriesOf(entries, "step").flatMap(({ change }) => (change.to === "planned" && change.call.tool === tool ? [change.step] : [])));
  return (entry: Entry): boolean => entry.type === "step" && entry.change.to === "executing" && steps.has(entry.change.step);
};

interface Crashed {
  readonly scene: Scene;
  readonly events: readonly RunEvent[];
}
/** Runs to the end, then takes the process's death right after the intent of `tool` out of the journal, and resumes. */
async function crashAfterIntent(
  replies: Parameters<typeof statelessScript>[1],
  tool: string,
  prepare: (place: Place) => void,
  between: (place: Place) => void,
  setting: Setting = {},
): Promise<Crashed> {
  const place = makePlace();
  prepare(place);
  const server = await serve(statelessScript("anthropic", [...replies, [text("done")]]));
  const scene = await makeScene(place, server, setting);
  expect((await scene.run("go")).end.reason).toBe("answered");
  await scene.conversation.release();
  cutAfter(scene, isExecuting(tool, scene.journal()));
  between(place);
  const again = await scene.resume();
  const { end, events } = await again.run(null);
  expect(end).toEqual({ reason: "answered", text: "done" });
  return { scene: again, events };
}
const change = [[edit("a.txt", "old", "new")]];
const verdictsOf = (events: readonly RunEvent[]) => eventsOf(events, "step").flatMap((event) => (event.verdict === undefined ? [] : [event.verdict]));
const noticesOf = (events: readonly RunEvent[]) => eventsOf(events, "notice").map((event) => event.code);

describe("a change of a file that was under way", () => {
  test("and is there: applied; the model is told it was, and nothing is written again", async () => {
    const { scene, events } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "old\n"),
      () => undefined,
    );
    expect(verdictsOf(events)).toEqual(["applied"]);
    expect(scene.place.read("a.txt")).toBe("new\n");
    expect(toldOf(scene)).toEqual([{ tool: "edit", failed: false, text: expect.stringContaining("it was applied") }]);
    expect(noticesOf(events)).toEqual([]);
  });

  test("and is not there: not applied; told so, and left to the model", async () => {
    const { scene, events } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "old\n"),
      (place) => place.write("a.txt", "old\n"),
    );
    expect(verdictsOf(events)).toEqual(["not-applied"]);
    expect(scene.place.read("a.txt")).toBe("old\n");
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringContaining("Make it again if it is still wanted") });
    expect(noticesOf(events)).toEqual(["effect-not-applied"]);
  });

  test("and the file is neither: conflict; nothing is overwritten, person and model are told", async () => {
    const { scene, events } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "old\n"),
      (place) => place.write("a.txt", "somebody else's\n"),
    );
    expect(verdictsOf(events)).toEqual(["conflict"]);
    expect(scene.place.read("a.txt")).toBe("somebody else's\n");
    expect(toldOf(scene)[0]?.text).toContain("Nothing was overwritten");
    expect(noticesOf(events)).toEqual(["effect-conflict"]);
  });

  test("and the file is neither: the difference between what stood before and what is there is shown to model and person", async () => {
    const { scene, events } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "one\nold\nthree\n"),
      (place) => place.write("a.txt", "one\nsomebody else's\nthree\n"),
    );
    const shown = /what is there now, against what stood there before this call \(lines added: 1, removed: 1\):.*-2\told.*\+2\tsomebody else's/s;
    expect(toldOf(scene)[0]?.text).toMatch(shown);
    expect(eventsOf(events, "notice").map((event) => event.says)).toEqual([expect.stringMatching(shown)]);
    const reconciled = entriesOf(scene.journal(), "step").find(({ change: { to } }) => to === "reconciled");
    expect(JSON.stringify(reconciled)).toContain("somebody else's");
  });

  test.each([
    ["what is there now is long", "x\n".repeat(50_000), /the rest of the difference is left out: 50000 lines added/],
    ["what is there now is no text", "\0\u0001", /cannot be shown/],
    ["what is there now is larger than anybody compares", "y".repeat(1_100_000), /cannot be shown/],
  ])("and the file is neither, and %s: what is shown is bounded", async (_title, content, shown) => {
    const { scene } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "old\n"),
      (place) => place.write("a.txt", content),
    );
    const told = toldOf(scene)[0]?.text ?? "";
    expect(told).toMatch(shown);
    expect(told.length).toBeLessThan(13_000);
  });

  test("of several files, one of which is neither: only that one's difference is shown", async () => {
    const states = (place: Place, text: string) => ["a.txt", "b.txt"].map((name) => ({ path: place.file(name), sha256: sha256(text), mode: 0o644 }));
    const place = makePlace();
    const own = toolOf("own", "write", () => says("unused"), {
      load: async () => async () => ({
        preview: { kind: "none" },
        before: states(place, "old\n"),
        after: states(place, "new\n"),
        images: [Buffer.from("old\n")],
        commit: async () => says("written"),
      }),
    });
    for (const name of ["a.txt", "b.txt"]) place.write(name, "old\n");
    const scene = await makeScene(place, await serve(statelessScript("anthropic", [[call("own", {})], [text("done")]])), { tools: [own] });
    await scene.run("go");
    await scene.conversation.release();
    cutAfter(scene, isExecuting("own", scene.journal()));
    place.write("a.txt", "new\n");
    place.write("b.txt", "other\n");
    const again = await scene.resume();
    const { events } = await again.run(null);
    expect(verdictsOf(events)).toEqual(["conflict"]);
    const told = toldOf(again)[0]?.text ?? "";
    expect(told).toContain("a.txt: as the call would leave it");
    expect(told.match(/against what stood there before/g)).toHaveLength(1);
    expect(told).toContain("+1\tother");
  });

  test("of a file that was to be made, and somebody else made it: conflict, with what they wrote", async () => {
    const { scene, events } = await crashAfterIntent(
      [[call("write", { path: "new.txt", content: "x\n" })]],
      "write",
      () => undefined,
      (place) => place.write("new.txt", "theirs\n"),
    );
    expect(verdictsOf(events)).toEqual(["conflict"]);
    expect(toldOf(scene)[0]?.text).toMatch(/did not exist before this call; it now has.*\+1\ttheirs/s);
  });

  test("of a file that is gone by now: conflict; it is not made again", async () => {
    const { scene, events } = await crashAfterIntent(
      change,
      "edit",
      (place) => place.write("a.txt", "old\n"),
      (place) => fs.rmSync(place.file("a.txt")),
    );
    expect(verdictsOf(events)).toEqual(["conflict"]);
    expect(toldOf(scene)[0]?.text).toContain("a.txt: it does not exist any more");
    expect(fs.existsSync(scene.place.file("a.txt"))).toBe(false);
  });

  test("of a file that was to be made, and is not there: not applied", async () => {
    const write = [[call("write", { path: "new.txt", content: "x\n" })]];
    const { scene, events } = await crashAfterIntent(
      write,
      "write",
      () => undefined,
      (place) => fs.rmSync(place.file("new.txt")),
    );
    expect(verdictsOf(events)).toEqual(["not-applied"]);
    expect(fs.existsSync(scene.place.file("new.txt"))).toBe(false);
  });
});

describe("a command that was under way", () => {
  test("is unknown: said to the model and the person with what is known of its process, and not run again", async () => {
    const { scene, events } = await crashAfterIntent(
      [[bash("echo ran >> trace")]],
      "bash",
      () => undefined,
      () => undefined,
    );
    expect(scene.place.read("trace")).toBe("ran\n");
    expect(verdictsOf(events)).toEqual(["unknown"]);
    expect([...coursesOf(events).values()]).toEqual([["reconciled"]]);
    expect(toldOf(scene)[0]).toMatchObject({
      failed: true,
      text: expect.stringMatching(/not known.*Look at the present state before you repeat it.*process/s),
    });
    expect(noticesOf(events)).toEqual(["effect-unknown"]);
    const states = entriesOf(scene.journal(), "step").map((entry) => entry.change.to);
    expect(states.slice(-2)).toEqual(["unknown", "reconciled"]);
  });

  test("the process that carried it is part of the evidence", async () => {
    const place = makePlace();
    const scene = await makeScene(place, await serve(statelessScript("anthropic", [[bash("echo ran >> trace")], [text("done")]])));
    await scene.run("go");
    await scene.conversation.release();
    cutAfter(scene, (entry) => entry.type === "process");
    const again = await scene.resume();
    expect(again.conversation.session.state.pending[0]?.step?.process?.pid).toBeGreaterThan(1);
    await again.run(null);
    expect(toldOf(again)[0]?.text).toContain("its process is gone");
  });

  test("the same command after that is asked for, though a rule or the mode allows it", async () => {
    const { scene } = await crashAfterIntent(
      [[bash("echo ran >> trace")]],
      "bash",
      () => undefined,
      () => undefined,
    );
    const server = await serve([{ reply: [bash("echo ran >> trace")] }]);
    await scene.conversation.release();
    const again = await makeScene(scene.place, server, {}, scene.conversation.session.id);
    expect((await again.run("again")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash" }] });
    expect(scene.place.read("trace")).toBe("ran\n");
  });

  test("of the calls after it in the same reply a read runs now; a change is not begun, since what it builds on is not known", async () => {
    const replies = [[read("a.txt"), bash("echo first >> trace"), read("a.txt"), bash("echo second >> trace")]];
    const { scene, events } = await crashAfterIntent(
      replies,
      "bash",
      (place) => place.write("a.txt", "x\n"),
      (place) => fs.writeFileSync(place.file("trace"), "first\n"),
    );
    expect(scene.place.read("trace")).toBe("first\n");
    expect(verdictsOf(events)).toEqual(["unknown"]);
    expect(toldOf(scene).map((one) => [one.tool, one.failed])).toEqual([
      ["read", false],
      ["bash", true],
      ["read", false],
      ["bash", true],
    ]);
    expect(toldOf(scene)[3]?.text).toMatch(/^Not begun, nothing was done: .*bash \(echo first >> trace\): whether it took effect is not known\./);
  });
});

test("a read that was under way is simply read again", async () => {
  const { scene, events } = await crashAfterIntent(
    [[read("a.txt")]],
    "read",
    (place) => place.write("a.txt", "then\n"),
    (place) => place.write("a.txt", "now\n"),
  );
  expect(verdictsOf(events)).toEqual([]);
  expect([...coursesOf(events).values()]).toEqual([["executing", "done"]]);
  expect(toldOf(scene)[0]?.text).toBe("1\tnow");
});

test("a tool of one's own that is gone by the time of recovery is judged by what its intent says", async () => {
  const own = toolOf("own", "network", () => says("sent"));
  const place = makePlace();
  const server = await serve(statelessScript("anthropic", [[call("own", {})], [text("done")]]));
  const scene = await makeScene(place, server, { tools: [own] });
  await scene.run("go");
  await scene.conversation.release();
  cutAfter(scene, isExecuting("own", scene.journal()));
  const again = await scene.resume({ tools: [] });
  const { end, events } = await again.run(null);
  expect(end.reason).toBe("answered");
  expect(verdictsOf(events)).toEqual(["unknown"]);
});

test("a tool that breaks while it works is an unknown effect, not a failure, and not repeated", async () => {
  let times = 0;
  const broken = toolOf("broken", "execute", () => {
    times += 1;
    throw new Error("connection lost");
  });
  const scene = await makeScene(makePlace(), await serve(statelessScript("anthropic", [[call("broken", {})], [text("done")]])), { tools: [broken] });
  const { events } = await scene.run("go");
  expect(times).toBe(1);
  expect(verdictsOf(events)).toEqual(["unknown"]);
  expect(toldOf(scene)[0]?.text).toMatch(/connection lost.*not known/s);
});

describe("lines that are missing", () => {
  /** Destroys a line in the middle, or cuts the end off. */
  async function damaged(
    damage: (lines: string[]) => readonly string[],
    replies: Parameters<typeof statelessScript>[1],
    tools: readonly Tool[] = [],
  ): Promise<Crashed> {
    const place = makePlace();
    place.write("a.txt", "x\n");
    const scene = await makeScene(place, await serve(statelessScript("anthropic", [...replies, [text("done")]])), { tools });
    await scene.run("go");
    await scene.conversation.release();
    const lines = fs
      .readFileSync(scene.journalPath, "utf8")
      .split("\n")
      .filter((line) => line !== "");
    fs.writeFileSync(scene.journalPath, damage(lines).join("\n"));
    const again = await scene.resume();
    const { end, events } = await again.run(null);
    expect(end).toEqual({ reason: "answered", text: "done" });
    return { scene: again, events };
  }
  const upToClosing = (lines: readonly string[], state: string) =>
    lines.slice(0, lines.findIndex((line) => line.includes(`"to":"${state}"`) && line.includes('"type":"step"')) + 1);

  test("a gap taints the open calls: none of them is begun, each is said to be unknown; reads are read", async () => {
    const { scene, events } = await damaged(
      (lines) => {
        // the first command's lines are gone but for its record; the second one's "planned" is there
        const kept = upToClosing(lines, "done");
        const at = kept.findIndex((line) => line.includes('"to":"executing"') && line.includes('"type":"step"'));
        kept[at] = "x".repeat(40);
        return [...kept, ""];
      },
      [[bash("echo first >> trace"), bash("echo second >> trace"), read("a.txt")]],
    );
    expect(noticesOf(events)).toContain("journal-gap");
    expect(scene.place.read("trace")).toBe("first\nsecond\n"); // as the first run left it: not run again
    const told = toldOf(scene);
    expect(told[1]).toMatchObject({ tool: "bash", failed: true, text: expect.stringContaining("not known") });
    expect(told[2]).toMatchObject({ tool: "read", failed: false });
  });

  test("a torn last line is cut off and kept aside; a call whose intent it was had not begun", async () => {
    const { scene, events } = await damaged(
      (lines) => {
        const kept = upToClosing(lines, "executing");
        return [...kept.slice(0, -1), (kept.at(-1) ?? "").slice(0, 50)];
      },
      [[bash("echo first >> trace")]],
    );
    expect(noticesOf(events)).toContain("journal-repaired");
    // no whole line was lost, so the intent was never durable: the command is begun now (it had run before only because this
    // test cuts the journal afterwards)
    expect(scene.place.read("trace")).toBe("first\nfirst\n");
  });

  test("a bad tail with a whole line in it taints: what that line said is not guessed", async () => {
    const { scene, events } = await damaged(
      (lines) => {
        const kept = upToClosing(lines, "executing");
        const last = kept.at(-1) ?? "";
        return [...kept.slice(0, -1), `${last.slice(0, -20)}X${last.slice(-19)}`, ""];
      },
      [[bash("echo first >> trace")]],
    );
    expect(noticesOf(events)).toContain("journal-repaired");
    expect(scene.place.read("trace")).toBe("first\n");
    expect(toldOf(scene)[0]?.text).toContain("not known");
  });
});

test("an edit that loses its file between intent and rename changes nothing and says so", async () => {
  // somebody writes the file in the instant before the rename
  let armed = true;
  const place = makePlace();
  place.write("a.txt", "old\n");
  const disk: Disk = {
    ...nodeDisk,
    open: async (path, how, mode) => {
      if (armed && how === "create" && path.startsWith(place.project)) {
        armed = false;
        place.write("a.txt", "old\nsomebody's\n");
      }
      return nodeDisk.open(path, how, mode);
    },
  };
  const scene = await makeScene(place, await serve(statelessScript("anthropic", [[edit("a.txt", "old", "new")], [text("done")]])), { disk });
  expect((await scene.run("go")).end.reason).toBe("answered");
  expect(place.read("a.txt")).toBe("old\nsomebody's\n");
  expect(toldOf(scene)[0]?.failed).toBe(true);
  expect(fs.readdirSync(place.project)).toEqual(["a.txt"]);
});
