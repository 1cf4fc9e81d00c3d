// What is said of a command whose end nobody saw, and that the same call again is a person's to allow.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import type { Handler, Mode } from "../../src/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { needs } from "../support/needs.ts";
import { bash, call, coursesOf, entriesOf, eventsOf, makePlace, makeScene, type Place, type Scene, type Setting, serve, text, toldOf } from "./support.ts";

/** The disk loses the journal as soon as a line with `mark` is to be written: what was done then is on no record. */
function losing(mark: string) {
  let isLost = false;
  const refuse = (): never => {
    throw Object.assign(new Error("told to fail"), { code: "EIO" });
  };
  return {
    ...nodeDisk,
    async open(...given: Parameters<typeof nodeDisk.open>) {
      const file = await nodeDisk.open(...given);
      if (!given[0].endsWith("journal.jsonl")) return file;
      return {
        ...file,
        async write(bytes: Uint8Array) {
          isLost ||= Buffer.from(bytes).includes(mark);
          return isLost ? refuse() : file.write(bytes);
        },
        sync: async () => (isLost ? refuse() : file.sync()),
      };
    },
  };
}

/** A command that ran, and whose record was lost. */
async function unrecorded(
  command: string,
  replies: readonly Turn["reply"][] = [[text("done")]],
  setting: Setting = {},
  place: Place = makePlace(),
): Promise<Scene> {
  const server = await serve([{ reply: [bash(command)] }, ...replies.map((reply) => ({ reply }))]);
  const scene = await makeScene(place, server, { ...setting, mode: "bypass", disk: losing('"result":') });
  expect((await scene.run("go")).end.reason).toBe("journal");
  return scene.resume({ ...setting, disk: nodeDisk });
}

describe("what is said of it, to the model and to the person alike", () => {
  test("when it began, its exit code, its output, what changed since", async () => {
    const scene = await unrecorded("echo began; echo x > made.txt; exit 3");
    const { events } = await scene.run(null);
    const [told] = toldOf(scene);
    expect(told?.failed).toBe(true);
    for (const words of [
      /bosun stopped while this command was under way \(begun \d{4}-\d\d-\d\dT/,
      /Whether it took effect, wholly or in part, is not known/,
      /- its process is gone/,
      /- started \d{4}-\S+Z as process \d+/,
      /- it ended with exit code 3, before bosun stopped/,
      /- its output, as far as it was recorded:\n {4}began/,
      /- files changed since, by whomever: made\.txt/,
      /Look at the present state before you repeat it/,
    ])
      expect(told?.text).toMatch(words);
    const [notice] = eventsOf(events, "notice").filter(({ code }) => code === "effect-unknown");
    expect(notice?.says).toBe(`bash: ${told?.text}`);
  });

  test("of much output the last, and how it ended", async () => {
    const scene = await unrecorded("seq 1 200000");
    await scene.run(null);
    expect(toldOf(scene)[0]?.text).toMatch(/- it ended with exit code 0.*- the last of its output, as far as it was recorded:\n.* {4}199999\n {4}200000/s);
    expect(toldOf(scene)[0]?.text.length).toBeLessThan(5000);
  });

  test("of one that printed and changed nothing, that", async () => {
    const scene = await unrecorded("true");
    await scene.run(null);
    expect(toldOf(scene)[0]?.text).toMatch(/no output of it was recorded.*no file of the working tree that git does not ignore changed since/s);
  });
});

describe("the same call after that", () => {
  const command = "echo ran >> trace";
  const again = (reply: Turn["reply"]) => [reply, [text("done")]];
  const nobody: Handler = { context: "interactive", settle: async () => ({ awaiting: true }) };

  test.each<{ readonly mode: Mode; readonly rules?: Setting["rules"] }>([
    { mode: "bypass" },
    { mode: "bypass", rules: [{ text: "bash", verdict: "allow", source: "a test" }] },
    { mode: "ask", rules: [{ text: "bash", verdict: "allow", source: "a test" }] },
    { mode: "accept-edits", rules: [{ text: "bash", verdict: "allow", source: "a test" }] },
  ])("is asked for in $mode with the rules $rules, though it would be allowed", async ({ mode, rules = [] }) => {
    const scene = await unrecorded(command, again([bash(command)]), { handler: nobody, rules });
    const next = await scene.resume({ mode });
    const { end, events } = await next.run(null);
    expect(end).toMatchObject({ reason: "awaiting", steps: [{ tool: "bash", subject: command }] });
    const [asked] = eventsOf(events, "approval-asked");
    expect(asked?.because).toMatchObject({ by: "fact", says: expect.stringContaining("whether it took effect is not known") });
    expect(next.place.read("trace")).toBe("ran\n");
    // still after one more process
    const third = await next.resume();
    expect((await third.run(null)).end.reason).toBe("awaiting");
    expect(third.place.read("trace")).toBe("ran\n");
  });

  test("is asked for though a rule names that very command", async () => {
    const rules: Setting["rules"] = [{ text: "bash(mkdir made)", verdict: "allow", source: "a test" }];
    const scene = await unrecorded("mkdir made", again([bash("mkdir made")]), { rules });
    const next = await scene.resume({ mode: "ask" });
    const { end, events } = await next.run(null);
    expect(end.reason).toBe("awaiting");
    expect(eventsOf(events, "approval-asked")[0]?.because).toMatchObject({ says: expect.stringContaining("whether it took effect is not known") });
  });

  test.each([
    ["deny", "denied"],
    ["await", "awaiting-approval"],
  ] as const)("where nobody is there (%s) is %s, though a rule allows it", async (onUnattendedAsk, state) => {
    const rules: Setting["rules"] = [{ text: "bash", verdict: "allow", source: "a test" }];
    const scene = await unrecorded(command, again([bash(command)]), { rules });
    const next = await scene.resume({ mode: "unattended", onUnattendedAsk });
    const { end, events } = await next.run(null);
    expect(end.reason).toBe(state === "denied" ? "answered" : "awaiting");
    expect([...coursesOf(events).values()].at(-1)?.at(-1)).toBe(state);
    expect(next.place.read("trace")).toBe("ran\n");
  });

  test("is asked of a person in mode auto, whatever a classifier would say", async () => {
    const scene = await unrecorded(command, again([bash(command)]));
    const asked: string[] = [];
    const no: Handler = {
      context: "interactive",
      settle: async (_request, because) => {
        asked.push(JSON.stringify(because));
        return { verdict: "deny", reason: { by: "person" }, holds: "call" };
      },
    };
    const next = await scene.resume({ mode: "auto", handler: no, commands: { withoutSandbox: "run" } });
    await next.run(null);
    expect(asked).toEqual([expect.stringContaining("whether it took effect is not known")]);
    expect(entriesOf(next.journal(), "request").filter(({ purpose }) => purpose === "classifier")).toEqual([]);
  });

  test("is asked for also where the person granted a rule for the session before", async () => {
    const granting: Handler = {
      context: "interactive",
      settle: async () => ({ verdict: "allow", reason: { by: "person" }, holds: "session", rule: "bash(echo *)" }),
    };
    const scene = await unrecorded(command, [[bash("echo other >> trace")], ...again([bash(command)])]);
    const next = await scene.resume({ mode: "ask", handler: granting });
    await next.run(null);
    // both were asked for: the first for want of a rule, the second although there was one by then
    expect(entriesOf(next.journal(), "step").filter(({ change }) => change.to === "awaiting-approval")).toHaveLength(2);
  });

  test("once a person allowed it and its end was seen, is a call like any other", async () => {
    const yes: Handler = { context: "interactive", settle: async () => ({ verdict: "allow", reason: { by: "person" }, holds: "call" }) };
    const scene = await unrecorded(command, [[bash(command)], ...again([bash(command)])], { handler: yes });
    const { events } = await scene.run(null);
    expect(eventsOf(events, "approval-asked")).toHaveLength(1);
    expect(scene.place.read("trace")).toBe("ran\nran\nran\n");
  });

  test("means the same input, whatever the order of its fields; another command is another call, a longer one too", async () => {
    const swapped = call("bash", { timeout: 60_000, command });
    const first = call("bash", { command, timeout: 60_000 });
    const server = await serve([{ reply: [first] }, { reply: [bash(`${command}; true`)] }, { reply: [swapped] }]);
    const scene = await makeScene(makePlace(), server, { disk: losing('"result":') });
    await scene.run("go");
    const next = await scene.resume({ disk: nodeDisk });
    const { end, events } = await next.run(null);
    expect(end.reason).toBe("awaiting");
    expect([...coursesOf(events).values()].map((course) => course.at(-1))).toEqual(["reconciled", "done", "awaiting-approval"]);
  });
});

needs("git").test("git's own state is part of what changed", async () => {
  const place = makePlace();
  process.getBuiltinModule("node:child_process").execFileSync("git", ["init", "-q"], { cwd: place.project });
  const scene = await unrecorded("git symbolic-ref HEAD refs/heads/other", undefined, {}, place);
  await scene.run(null);
  expect(toldOf(scene)[0]?.text).toMatch(/git's own state changed since: /);
  expect(fs.readFileSync(place.file(".git/HEAD"), "utf8")).toContain("other");
});
