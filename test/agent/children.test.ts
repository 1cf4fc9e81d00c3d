// A call that was handed to a session of its own is judged by that session's journal, and there is never a second one.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { type SessionId, systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { type Mode, version } from "../../src/index.ts";
import { createFileStore, openSession } from "../../src/session/index.ts";
import { childOf, type DelegateLife, delegateTool, type Moment } from "./delegate.ts";
import {
  bash,
  call,
  coursesOf,
  done,
  entriesOf,
  environmentFor,
  eventsOf,
  makePlace,
  makeScene,
  modelFor,
  type Place,
  type Ran,
  type Scene,
  type Setting,
  serve,
  sharedCompileCache,
  statelessScript,
  text,
  toldOf,
} from "./support.ts";

const session = "s_parent" as SessionId;

interface Orphaned {
  readonly place: Place;
  readonly life: DelegateLife;
  /** The child's session, as the intent names it. */
  readonly child: SessionId;
  resume(setting?: Setting): Promise<Scene>;
  childRequests(): number;
  sessions(): readonly string[];
}

/** A process that was killed at `dieAt`, really. */
async function orphan(dieAt: Moment, asked = call("delegate", {})): Promise<Orphaned> {
  const place = makePlace();
  const server = await serve(statelessScript("anthropic", [[asked], [text("done")]]));
  const childServer = await serve(statelessScript("anthropic", [[bash("echo child >> trace")], [text("The child's answer.")]]));
  const at = (of: typeof server) => ({ cwd: place.project, home: place.home, model: modelFor("anthropic"), environment: environmentFor("anthropic", of) });
  const life: DelegateLife = { parent: at(server), child: at(childServer), session, dieAt };
  // not waited for synchronously: the servers live in this process
  const running = spawn(process.execPath, [join(import.meta.dirname, "delegate.ts"), JSON.stringify(life)], { env: { ...process.env, ...sharedCompileCache } });
  let words = "";
  running.stderr.on("data", (piece) => {
    words += String(piece);
  });
  const signal = await new Promise((resolve) => running.on("exit", (_code, by) => resolve(by)));
  expect(signal, words).toBe("SIGKILL");
  const tools = [delegateTool(life.child)];
  let scene: Scene | null = null;
  return {
    place,
    life,
    get child() {
      const journal = fs.readdirSync(join(place.home, "projects"), { recursive: true }).find((path) => String(path).endsWith(`${session}/journal.jsonl`));
      const key = /"key":"([0-9a-f]+)"/.exec(fs.readFileSync(join(place.home, "projects", String(journal)), "utf8"))?.[1];
      return childOf(key ?? "");
    },
    async resume(setting = {}) {
      scene = await makeScene(place, server, { tools, ...setting }, session);
      return scene;
    },
    childRequests: () => childServer.requests.length,
    sessions: () => {
      const [project = ""] = fs.readdirSync(join(place.home, "projects"));
      return fs.readdirSync(join(place.home, "projects", project)).filter((name) => name.startsWith("s_"));
    },
  };
}
const closing = (scene: Scene) => entriesOf(scene.journal(), "step").map(({ change }) => change.to);
const codes = ({ events }: Ran) => eventsOf(events, "notice").map(({ code }) => code);

describe("killed while a subagent was", () => {
  test("about to begin: its session was never made, so nothing was done; told so, and nothing is begun by itself", async () => {
    const orphaned = await orphan("before-child");
    const scene = await orphaned.resume();
    const ran = await scene.run(null);
    expect(ran.end).toEqual({ reason: "answered", text: "done" });
    expect(closing(scene)).toEqual(["planned", "executing", "reconciled"]);
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringMatching(/never made, so nothing was done.*there is no session s_child_/s) });
    expect(codes(ran)).toContain("effect-not-applied");
    expect(orphaned.sessions()).toEqual([session]);
    expect(orphaned.childRequests()).toBe(0);
  });

  test.each([
    ["made, and not given its task: it is given it now", "child-made"],
    ["at work, its own effect done: it goes on after that", "child-works"],
  ] as const)("%s", async (_title, dieAt) => {
    const orphaned = await orphan(dieAt);
    const scene = await orphaned.resume();
    const ran = await scene.run(null);
    expect(ran.end).toEqual({ reason: "answered", text: "done" });
    expect(orphaned.place.read("trace")).toBe("child\n");
    expect(orphaned.sessions().toSorted()).toEqual([orphaned.child, session].toSorted());
    expect(closing(scene)).toEqual(["planned", "executing", "done"]);
    expect(toldOf(scene)[0]).toMatchObject({
      failed: false,
      text: expect.stringMatching(/^The child's answer\.\[bosun stopped .* went on from its own journal, session s_child_/),
    });
    expect([...coursesOf(ran.events).values()]).toEqual([["done"]]);
    expect(codes(ran)).toContain("subagent-resumed");
  });

  test("in the middle of a call of its own: that call is the child's to judge, and is not made twice", async () => {
    const orphaned = await orphan("child-calls");
    const scene = await orphaned.resume();
    expect((await scene.run(null)).end.reason).toBe("answered");
    const trace = fs.existsSync(orphaned.place.file("trace")) ? orphaned.place.read("trace") : "";
    expect(["", "child\n"]).toContain(trace);
    const child = fs.readFileSync(join(dirname(dirname(scene.journalPath)), orphaned.child, "journal.jsonl"), "utf8");
    expect(child).toContain('"verdict":"unknown"');
    expect(toldOf(scene)[0]?.text).toContain("The child's answer.");
  });

  test("through, and its parent had not recorded it: what its journal says is the result; nothing is asked or run again", async () => {
    const orphaned = await orphan("child-ended");
    const before = orphaned.childRequests();
    const scene = await orphaned.resume();
    expect((await scene.run(null)).end.reason).toBe("answered");
    expect(orphaned.childRequests()).toBe(before);
    expect(orphaned.place.read("trace")).toBe("child\n");
    expect(closing(scene)).toEqual(["planned", "executing", "reconciled"]);
    expect(toldOf(scene)[0]).toMatchObject({
      failed: false,
      text: expect.stringMatching(/^The child's answer\.\n.*its own journal \(session s_child_\w+\) says that it ended: answered/),
    });
    expect(orphaned.sessions()).toHaveLength(2);
  });
});

test("a subagent that was called through find_tool goes on all the same", async () => {
  const orphaned = await orphan("child-made", call("find_tool", { call: "delegate", input: {} }));
  const scene = await orphaned.resume();
  const ran = await scene.run(null);
  expect(ran.end).toEqual({ reason: "answered", text: "done" });
  expect(closing(scene)).toEqual(["planned", "executing", "done"]);
  expect(toldOf(scene)).toMatchObject([{ tool: "find_tool", failed: false, text: expect.stringMatching(/^The child's answer\./) }]);
  expect(eventsOf(ran.events, "step").at(-1)).toMatchObject({ tool: "delegate", to: "done" });
});

describe("a subagent that did not end", () => {
  test("and is open in another process is left to it: said, waiting; later it goes on", async () => {
    const orphaned = await orphan("child-works");
    const [project = ""] = fs.readdirSync(join(orphaned.place.home, "projects"));
    const store = createFileStore({
      disk: nodeDisk,
      clock: systemClock,
      folder: join(orphaned.place.home, "projects", project),
      version,
    });
    const held = await openSession(store, systemClock, orphaned.child);
    if (!held.ok) throw held.error;
    const scene = await orphaned.resume();
    const ran = await scene.run(null);
    expect(ran.end).toMatchObject({
      reason: "awaiting",
      steps: [{ tool: "delegate", subject: `session ${orphaned.child}`, says: expect.stringMatching(/another process.*not begun a second time: wait/s) }],
    });
    expect(codes(ran)).toContain("subagent-elsewhere");
    expect(closing(scene)).toEqual(["planned", "executing"]);
    expect(toldOf(scene)).toEqual([]);
    await held.value.release();
    const again = await scene.resume();
    expect((await again.run(null)).end.reason).toBe("answered");
    expect(toldOf(again)[0]?.text).toContain("The child's answer.");
    expect(orphaned.place.read("trace")).toBe("child\n");
  });

  test.each([
    ["whose tool cannot go on with it", { loadResume: undefined as never }, /nothing here can go on with it.*bosun --resume s_child_/s],
    ["whose tool breaks as it goes on", { loadResume: () => Promise.reject(new Error("out of order")) }, /could not be brought to an end.*out of order/s],
  ])("and %s is unknown, and the same call is asked for", async (_title, more, words) => {
    const orphaned = await orphan("child-works");
    const scene = await orphaned.resume({ tools: [delegateTool(orphaned.life.child, undefined, more)] });
    const ran = await scene.run(null);
    expect(ran.end.reason).toBe("answered");
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringMatching(words) });
    expect(codes(ran)).toContain("effect-unknown");
    const server = await serve([{ reply: [call("delegate", {})] }]);
    await scene.conversation.release();
    const again = await makeScene(orphaned.place, server, { tools: [delegateTool(orphaned.life.child)] }, session);
    expect((await again.run("once more")).end).toMatchObject({ reason: "awaiting", steps: [{ tool: "delegate" }] });
  });

  test("whose journal cannot be read is unknown, and its journal is left as it is", async () => {
    const orphaned = await orphan("child-works");
    const [project = ""] = fs.readdirSync(join(orphaned.place.home, "projects"));
    const journal = join(orphaned.place.home, "projects", project, orphaned.child, "journal.jsonl");
    fs.writeFileSync(journal, "\0\0 something else\n");
    const scene = await orphaned.resume();
    expect((await scene.run(null)).end.reason).toBe("answered");
    expect(toldOf(scene)[0]?.text).toContain("its session cannot be read");
    expect(fs.readFileSync(journal, "utf8")).toBe("\0\0 something else\n");
  });
});

describe('the effect "agent"', () => {
  const place = { cwd: "/", home: "/nowhere", model: modelFor("anthropic"), environment: {} };
  test.each([
    ["ask", "awaiting"],
    ["accept-edits", "awaiting"],
    ["plan", "denied"],
    ["unattended", "denied"],
  ] as const)("in mode %s is %s like a program that is to be run", async (mode, outcome) => {
    const server = await serve([{ reply: [call("delegate", {})] }, done]);
    const scene = await makeScene(makePlace(), server, { mode: mode satisfies Mode, onUnattendedAsk: "deny", tools: [delegateTool(place)] });
    const { end, events } = await scene.run("go");
    if (outcome === "awaiting") expect(end).toMatchObject({ reason: "awaiting", steps: [{ tool: "delegate" }] });
    else expect([...coursesOf(events).values()]).toEqual([["planned", "denied"]]);
  });
  test("leaves the tree's lock to the subagent's own calls, which change the same tree", async () => {
    const scenePlace = makePlace();
    const server = await serve([{ reply: [call("delegate", {})] }, done]);
    const childServer = await serve([{ reply: [call("write", { path: "made.txt", content: "by the child\n" })] }, { reply: [text("made it")] }]);
    const child = { cwd: scenePlace.project, home: scenePlace.home, model: modelFor("anthropic"), environment: environmentFor("anthropic", childServer) };
    const scene = await makeScene(scenePlace, server, { tools: [delegateTool(child)] });
    expect((await scene.run("go")).end.reason).toBe("answered");
    expect(scenePlace.read("made.txt")).toBe("by the child\n");
    const [intent] = entriesOf(scene.journal(), "step").flatMap(({ change }) => (change.to === "executing" ? [change.intent] : []));
    expect(intent).toMatchObject({ class: "agent", child: expect.stringMatching(/^s_child_/) });
  });
});
