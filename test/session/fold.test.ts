import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ToolMessage } from "../../src/model/index.ts";
import { createFold, createSession, type EntryBody, openSession, type SessionState } from "../../src/session/index.ts";
import { createManualClock, createMemoryStore } from "../../src/testing/index.ts";
import { isClosed, type StepChange, type StepState, stepTransitions } from "../../src/workflow/index.ts";
import {
  amount,
  answered,
  callId,
  calls,
  decision,
  done,
  executing,
  intent,
  journalOf,
  planned,
  reply,
  request,
  requestId,
  says,
  scan,
  sessionId,
  start,
  step,
  stepId,
  turn,
  usage,
  user,
} from "./support.ts";

function foldOf(bodies: readonly EntryBody[]): SessionState {
  const fold = createFold();
  for (const entry of journalOf(bodies).entries) fold.apply(entry);
  return fold.state;
}
const results = (state: SessionState): readonly ToolMessage[] => state.messages.filter((message) => message.role === "tool");
const textOf = (message: ToolMessage | undefined): string => (message?.parts[0]?.type === "text" ? message.parts[0].text : "");

const path: Readonly<Record<StepState, readonly StepState[]>> = {
  "planned": ["planned"],
  "awaiting-approval": ["planned", "awaiting-approval"],
  "executing": ["planned", "executing"],
  "unknown": ["planned", "executing", "unknown"],
  "done": ["planned", "executing", "done"],
  "failed": ["planned", "failed"],
  "denied": ["planned", "denied"],
  "cancelled": ["planned", "cancelled"],
  "reconciled": ["planned", "executing", "unknown", "reconciled"],
};
const states = Object.keys(path) as StepState[];
const result = { parts: [{ type: "text" as const, text: "x" }], failed: false };
function changeTo(to: StepState, id: string, index = 0, redo: "safe" | "never" = "never", request = "r_1"): StepChange {
  const name = stepId(id);
  switch (to) {
    case "planned":
      return { step: name, to, request: requestId(request), index, call: { id: callId(`c_${id}`), tool: "bash", input: { command: id } }, key: `k_${id}` };
    case "awaiting-approval":
      return { step: name, to, asking: `q_${id}`, preview: null, because: null, argumentsHash: "h", before: [] };
    case "executing":
      return { step: name, to, intent: intent({ class: redo === "safe" ? "read" : "shell", redo }) };
    case "done":
    case "failed":
      return { step: name, to, result: { ...result, parts: [{ type: "text", text: `${to} ${id}` }] } };
    case "denied":
    case "cancelled":
    case "unknown":
      return { step: name, to, why: `${to} ${id}` };
    case "reconciled":
      return { step: name, to, verdict: "unknown", evidence: [], result: { ...result, parts: [{ type: "text", text: `${to} ${id}` }] } };
  }
}
const opening = [start(), user("go"), request("r_1"), reply("r_1", [calls("c_1", "bash")])];

describe("steps", () => {
  const cells = states.flatMap((from) => states.map((to) => [from, to] as const));
  test.each(cells)("from %s to %s: as the table says, or nothing changes", (from, to) => {
    const before = foldOf([...opening, ...path[from].map((state) => step(changeTo(state, "1")))]);
    expect(before.steps.get(stepId("1"))?.state).toBe(from);
    const after = foldOf([...opening, ...[...path[from], to].map((state) => step(changeTo(state, "1")))]);
    // only for what is safe to redo
    const again = from === "executing" && ["executing", "awaiting-approval", "denied", "cancelled"].includes(to);
    const allowed = stepTransitions[from].includes(to) && !again;
    expect(after.steps.get(stepId("1"))?.state).toBe(allowed ? to : from);
    if (!allowed) expect({ ...after, length: 0 }).toEqual({ ...before, length: 0 });
  });
  test.each(states.filter((state) => state !== "planned"))("nothing goes to %s without a plan", (to) => {
    expect(foldOf([...opening, step(changeTo(to, "1"))]).steps.size).toBe(0);
  });
  test("what only reads may begin again, and only that", () => {
    const twice = (redo: "safe" | "never") => [changeTo("planned", "1"), changeTo("executing", "1", 0, redo), { ...changeTo("executing", "1", 0, redo) }];
    const live = async (redo: "safe" | "never") => {
      const created = await createSession(createMemoryStore(), createManualClock(), sessionId("s_1"), { cwd: "/", root: "/", version: "0" });
      if (!created.ok) throw created.error;
      for (const body of opening.slice(1)) await created.value.append(body);
      for (const change of twice(redo)) await created.value.append(step(change));
    };
    return Promise.all([expect(live("safe")).resolves.toBeUndefined(), expect(live("never")).rejects.toThrow("cannot go from executing to executing")]);
  });
});

describe("one result per call", () => {
  const parts = [
    calls("c_a", "bash"),
    { type: "rejected-call" as const, id: callId("c_b"), tool: "bash", raw: "{", why: "no JSON" },
    calls("c_c", "bash"),
    says("x"),
    calls("c_d", "bash"),
  ];
  const beginning = [start(), user("go"), request("r_1"), reply("r_1", parts)];
  const closings: readonly StepState[] = ["done", "failed", "denied", "cancelled", "reconciled"];
  const life = (end: StepState, id: string, index: number) => path[end].map((to) => step(changeTo(to, id, index)));

  test("in the model's order, whatever order they end in, and not before all have ended", () => {
    const lives = fc.tuple(...[0, 1, 2].map((index) => fc.constantFrom(...closings).map((end) => life(end, `s${index}`, index))));
    fc.assert(
      fc.property(lives, fc.infiniteStream(fc.nat()), (three, picks) => {
        const queues = three.map((one) => [...one]);
        const bodies: EntryBody[] = [...beginning];
        for (const pick of picks) {
          const open = queues.filter((queue) => queue.length > 0);
          if (open.length === 0) break;
          const state = foldOf(bodies);
          expect(results(state)).toEqual([]);
          expect(state.pending.length).toBeGreaterThan(0);
          bodies.push(open[pick % open.length]?.shift() ?? answered);
        }
        const state = foldOf(bodies);
        expect(state.pending).toEqual([]);
        expect(results(state).map((message) => message.call)).toEqual(["c_a", "c_b", "c_c", "c_d"]);
        expect(results(state).map((message) => textOf(message).split(" ")[1])).toEqual(["s0", "JSON", "s1", "s2"]);
      }),
    );
  });
  test("a reply of rejected calls only is answered at once; one without calls has no results", () => {
    const rejected = parts.filter((part) => part.type === "rejected-call");
    expect(results(foldOf([start(), user("go"), request("r_1"), reply("r_1", rejected)]))).toMatchObject([{ call: "c_b", failed: true }]);
    expect(foldOf([start(), user("go"), request("r_1"), reply("r_1", [says("done")])]).pending).toEqual([]);
  });
  test("where lines were lost, what is missing is said to be unrecorded, and later closings add nothing", () => {
    const lost = [...beginning, ...life("done", "s0", 0), ...life("executing", "s1", 1), user("the reply's calls were never closed")];
    const state = foldOf(lost);
    expect(results(state).map((message) => message.call)).toEqual(["c_a", "c_b", "c_c", "c_d"]);
    expect(textOf(results(state)[2])).toContain("not recorded");
    expect(state.messages.at(-1)).toMatchObject({ role: "user" });
    expect(foldOf([...lost, step(changeTo("done", "s1"))]).messages).toEqual(state.messages);
  });
  test("a step of another reply does not answer this one's calls", () => {
    const state = foldOf([...beginning, step(changeTo("planned", "x", 0, "never", "r_0")), step(changeTo("failed", "x"))]);
    expect(state.pending.map((one) => one.step)).toEqual([null, null, null]);
  });
});

describe("gaps", () => {
  const gap: EntryBody = { type: "gap", afterSeq: 3, fromByte: 1, toByte: 2, says: "x" };
  test("after one, no open call counts as not begun, and the next reply is clean again", () => {
    const open = [...opening, step(changeTo("planned", "1"))];
    expect(foldOf(open).pending).toMatchObject([{ tainted: false }]);
    const after = foldOf([...open, gap]);
    expect(after.pending).toMatchObject([{ tainted: true }]);
    expect(after.gaps).toBe(1);
    const still = foldOf([...open, gap, step(changeTo("executing", "1"))]);
    expect(still.pending).toMatchObject([{ tainted: true }]);
    const next = foldOf([...open, gap, step(changeTo("failed", "1")), request("r_2"), reply("r_2", [calls("c_2")])]);
    expect(next.pending).toMatchObject([{ tainted: false, call: { id: "c_2" } }]);
  });
  test("a repair taints only where whole lines were cut", () => {
    const repaired = (lines: number) => foldOf([...opening, { type: "repair", cut: 9, lines, aside: "a" }]).pending[0]?.tainted;
    expect([repaired(0), repaired(1)]).toEqual([false, true]);
  });
  test("a reply whose request line is lost still counts and is shown", () => {
    const state = foldOf([start(), user("go"), gap, reply("r_1", [says("the answer")])]);
    expect(state.spent.usd).toBe(0.02);
    expect(state.messages).toHaveLength(2);
  });
});

describe("money", () => {
  const failed = (id: string): EntryBody => ({
    type: "request-failed",
    request: requestId(id),
    purpose: "turn",
    failure: { class: "network", message: "cut" },
    usage,
    cost: amount(0.05),
    confirmed: false,
    retryIn: null,
  });
  test("a request is closed once: by the first line that names it", () => {
    const once = foldOf([start(), user("go"), request("r_1"), failed("r_1")]);
    expect(once).toMatchObject({ openRequests: [], spent: { usd: 0.05 }, turns: 0 });
    const late = foldOf([start(), user("go"), request("r_1"), failed("r_1"), reply("r_1", [says("late")]), failed("r_1")]);
    expect({ ...late, length: 0 }).toEqual({ ...once, length: 0 });
  });
  test("an open one is kept with its projection; other purposes count and say nothing", () => {
    expect(foldOf([start(), user("go"), request("r_1")]).openRequests).toMatchObject([{ request: "r_1", projection: { worst: { usd: 0.05 } } }]);
    const state = foldOf([start(), user("go"), request("r_1", "summary"), reply("r_1", [says("sum"), calls("c_1")], "summary")]);
    expect(state).toMatchObject({ spent: { usd: 0.02 }, turns: 0, pending: [] });
    expect(state.messages).toHaveLength(1);
  });
});

describe("answers", () => {
  const asked = [...opening, step(changeTo("planned", "1")), step(changeTo("awaiting-approval", "1"))];
  test("the first one to the open question counts; its rule is granted once", () => {
    const state = foldOf([...asked, decision("1", "q_1", "bash(make)"), decision("1", "q_1", "bash(rm *)")]);
    expect(state.rules).toEqual(["bash(make)"]);
    expect(state.answers.get(stepId("1"))?.asking).toBe("q_1");
  });
  test("one to another question grants nothing", () => {
    const state = foldOf([...asked, decision("1", "q_0", "bash(rm *)")]);
    expect(state).toMatchObject({ rules: [] });
    expect(state.answers.size).toBe(0);
  });
});

describe("a journal at random", () => {
  /** A run's lines cut off anywhere: whatever a crash leaves. */
  const anySession = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom(...states), fc.nat(60)).map(([turns, last, length]) => {
    const bodies = [user("go"), ...Array.from({ length: turns }, (_, index) => turn(`${index}`)).flat(), request("r_x"), reply("r_x", [calls("c_x", "bash")])];
    return [...bodies, ...path[last].map((to) => step(changeTo(to, "x", 0, "never", "r_x"))), ...(isClosed(last) ? [answered] : [])].slice(0, length);
  });

  test("folded live, read back, and opened again is the same state", async () => {
    await fc.assert(
      fc.asyncProperty(anySession, async (bodies) => {
        const store = createMemoryStore();
        const clock = createManualClock();
        const id = sessionId("s_1");
        const created = await createSession(store, clock, id, { cwd: "/p", root: "/p", version: "0" });
        if (!created.ok) throw created.error;
        for (const body of bodies) await created.value.append(body);
        await created.value.release();
        const fold = createFold();
        const { found, result } = await scan(store.journal(id), 1000);
        for (const entry of found) fold.apply(entry);
        expect(result.gaps).toEqual([]);
        expect(fold.state).toEqual(created.value.state);
        const opened = await openSession(store, clock, id);
        expect(opened.ok && opened.value.state).toEqual(created.value.state);
      }),
    );
  });

  test("whatever lines are lost: every result follows a reply that called for it, once, and calls never go unanswered", () => {
    fc.assert(
      fc.property(anySession, fc.array(fc.nat(60), { maxLength: 5 }), (bodies, lost) => {
        const all = journalOf([start(), ...bodies, user("next")]).entries;
        const fold = createFold();
        for (const entry of all) if (!lost.includes(entry.seq) || entry.seq === all.length - 1) fold.apply(entry);
        let owed: string[] = [];
        for (const message of fold.state.messages) {
          if (message.role === "tool") expect(owed.shift()).toBe(message.call);
          else {
            expect(owed).toEqual([]);
            owed = message.role === "assistant" ? message.parts.flatMap((part) => (part.type === "call" ? [part.call.id] : [])) : [];
          }
        }
        expect(owed).toEqual([]);
        expect(fold.state.pending).toEqual([]);
      }),
    );
  });

  test("types not known here are passed over", () => {
    const fold = createFold();
    const [first] = journalOf([start()]).entries;
    if (!first) throw new Error("unreachable");
    fold.apply(first);
    fold.apply({ ...first, seq: 1, type: "of-the-future" } as never);
    expect(fold.state).toMatchObject({ length: 2, session: "s_1" });
  });
});

describe("a wrong append", () => {
  test("is a bug: it throws and writes nothing", async () => {
    const store = createMemoryStore();
    const created = await createSession(store, createManualClock(), sessionId("s_1"), { cwd: "/p", root: "/p", version: "0" });
    if (!created.ok) throw created.error;
    const session = created.value;
    for (const body of opening.slice(1)) await session.append(body);
    const before = store.journal(sessionId("s_1"));
    const wrong: readonly EntryBody[] = [user("while a call is open"), request("r_2"), done("1", "never planned"), reply("r_9", [])];
    for (const body of wrong) expect(() => session.append(body)).toThrow();
    expect(store.journal(sessionId("s_1"))).toEqual(before);
    await session.append(planned("1", "r_1", 0));
    await session.append(executing("1"));
    await session.append(done("1", "read"));
    await session.append(user("now it may be said"));
    expect(session.state.messages).toHaveLength(4);
  });
});
