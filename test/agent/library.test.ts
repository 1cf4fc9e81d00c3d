// bosun as a library: one's own provider, tools, store and handler; several conversations in one process.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { createAgent, type RunEvent } from "../../src/index.ts";
import type { AssistantMessage, ModelRequest, Provider, StreamPart } from "../../src/model/index.ts";
import { createMemoryStore } from "../../src/testing/index.ts";
import type { Tool } from "../../src/tools/index.ts";
import { bash, call, collect, coursesOf, done, edit, environmentFor, eventsOf, makePlace, makeScene, play, says, serve, toldOf, toolOf } from "./support.ts";

/** A provider that answers with what `reply` makes of the request. */
function providerOf(reply: (request: ModelRequest) => AssistantMessage["parts"]): Provider & { readonly requests: ModelRequest[] } {
  const requests: ModelRequest[] = [];
  return {
    id: "own",
    requests,
    async *stream(request): AsyncIterable<StreamPart> {
      requests.push(request);
      const parts = reply(request);
      yield { type: "message-start", model: request.model };
      for (const part of parts) if (part.type === "text") yield { type: "text-delta", text: part.text };
      const finish = parts.some((part) => part.type === "call") ? ("tool-calls" as const) : ("end" as const);
      yield {
        type: "finish",
        message: { role: "assistant", parts, provider: "own", model: request.model, finish },
        usage: { input: 5, output: 5, cacheRead: 0, cacheWrite: 0 },
        usageFinal: true,
      };
    },
  };
}
const saysText = (text: string): AssistantMessage["parts"] => [{ type: "text", text }];
const callOf = (id: string, tool: string, input: object): AssistantMessage["parts"][number] => ({
  type: "call",
  call: { id: id as never, tool, input: input as never },
});

/** A tool of one's own that changes a file, by the contract: it says before and after, and checks before again. */
const stamp: Tool = {
  name: "stamp",
  description: "Puts a stamp at the end of a file.",
  input: { type: "object", properties: { path: { type: "string" } }, required: ["path"], additionalProperties: false },
  source: { tier: "builtin" },
  responsibility: "stamps",
  effect: "write",
  redo: "check",
  subjects: [{ kind: "path", field: "path" }],
  load: async () => async (input, context) => {
    const path = join(context.cwd, (input as { path: string }).path);
    const before = await context.ports.files.state(path);
    const content = await context.ports.files.read(path, 0, 10_000);
    if (!before.ok || !content.ok) return says("it cannot be read", true);
    const bytes = Buffer.concat([content.bytes, Buffer.from("stamped\n")]);
    const sha256 = process.getBuiltinModule("node:crypto").createHash("sha256").update(bytes).digest("hex");
    return {
      preview: { kind: "text", text: `stamps ${path}` },
      before: [before.value],
      after: [{ path, sha256, mode: before.value.mode }],
      commit: async (effects) => {
        const replaced = await effects.files.replace(before.value, bytes, before.value.mode ?? 0o644);
        return replaced.ok ? { ...says("stamped"), after: [replaced.value] } : says(replaced.error.message, true);
      },
    };
  },
};

test("one's own provider, tool, store and handler work together, without a key, a server or a file of bosun's", async () => {
  const place = makePlace();
  place.write("a.txt", "text\n");
  const provider = providerOf(({ messages }) => (messages.at(-1)?.role === "tool" ? saysText("done") : [callOf("c1", "stamp", { path: "a.txt" })]));
  const asked: string[] = [];
  const store = createMemoryStore();
  const agent = await createAgent({
    cwd: place.project,
    home: place.home,
    mode: "ask",
    provider: { provider, model: "mine" },
    tools: [stamp],
    store,
    environment: {},
    handler: {
      context: "interactive",
      settle: (request, _because, preview) => {
        asked.push(`${request.subject}: ${preview.kind === "text" ? preview.text : preview.kind}`);
        return Promise.resolve({ verdict: "allow", reason: { by: "person" }, holds: "call" });
      },
    },
  });
  if (!agent.ok) throw agent.error;
  expect(agent.value.model).toBe("own/mine");
  const conversation = await agent.value.start();
  if (!conversation.ok) throw conversation.error;
  const { end, events } = await collect(conversation.value.send([{ type: "text", text: "stamp it" }]));
  expect(end).toEqual({ reason: "answered", text: "done" });
  expect(place.read("a.txt")).toBe("text\nstamped\n");
  expect(asked).toEqual([`a.txt: stamps ${place.file("a.txt")}`]);
  expect([...coursesOf(events).values()]).toEqual([["planned", "awaiting-approval", "executing", "done"]]);
  expect(provider.requests[0]?.tools.map((tool) => tool.name)).toContain("stamp");
  expect(conversation.value.session.state.spent).toMatchObject({ usd: 0, tokens: 20, turns: 2 });
  await conversation.value.release();
  // the store is the truth: a second agent on it goes on from there
  const resumed = await agent.value.resume(conversation.value.session.id);
  if (!resumed.ok) throw resumed.error;
  expect(resumed.value.session.state.messages).toHaveLength(4);
  await resumed.value.release();
  expect(fs.existsSync(agent.value.sessionsFolder)).toBe(false);
});

test("two conversations on one tree: changes one at a time, in the order in which they came, reads beside them", async () => {
  const place = makePlace();
  let now = 0;
  let most = 0;
  const order: string[] = [];
  const slow = toolOf("slow", "execute", async (input) => {
    most = Math.max(most, ++now);
    order.push((input as { name: string }).name);
    await new Promise((resolve) => setTimeout(resolve, 40));
    now -= 1;
    return says("worked");
  });
  const calls = (name: string) => [1, 2, 3].map((number) => call("slow", { name: `${name}${number}` }));
  const [one, other] = await Promise.all(["a", "b"].map(async (name) => makeScene(place, await serve([{ reply: calls(name) }, done]), { tools: [slow] })));
  if (!one || !other) throw new Error("no scenes");
  const ends = await Promise.all([one.run("go"), other.run("go")]);
  expect(ends.map(({ end }) => end.reason)).toEqual(["answered", "answered"]);
  expect(most).toBe(1);
  for (const name of ["a", "b"]) expect(order.filter((each) => each.startsWith(name))).toEqual([1, 2, 3].map((number) => `${name}${number}`));
  expect(order).toHaveLength(6);
});

test("two conversations that edit one file: no edit is lost", async () => {
  const place = makePlace();
  place.write("a.txt", Array.from({ length: 10 }, (_, line) => `old ${line}\n`).join(""));
  const turns = (lines: readonly number[]) => [...lines.map((line) => ({ reply: [edit("a.txt", `old ${line}\n`, `new ${line}\n`)] })), done];
  const scenes = await Promise.all([turns([0, 2, 4, 6, 8]), turns([1, 3, 5, 7, 9])].map(async (each) => makeScene(place, await serve(each))));
  await Promise.all(scenes.map((scene) => scene.run("go")));
  const told = scenes.flatMap((scene, index) => toldOf(scene).map((one, at) => ({ ...one, line: at * 2 + index })));
  expect(told).toHaveLength(10);
  const lines = place.read("a.txt").split("\n");
  // each edit is in the file, or its model was told that the file had changed
  for (const one of told) expect(lines[one.line], one.text).toBe(one.failed ? `old ${one.line}` : `new ${one.line}`);
  expect(told.some((one) => !one.failed)).toBe(true);
});

test("a session that another worker took over: nothing more is done, and the run says so", async () => {
  const store = createMemoryStore();
  const ran: string[] = [];
  const provider = providerOf(() => [callOf("c1", "lose", {}), callOf("c2", "act", {})]);
  const lose = toolOf("lose", "execute", () => {
    store.expire(scene.conversation.session.id);
    return says("lost");
  });
  const act = toolOf("act", "execute", () => says(String(ran.push("act"))));
  const scene = await makeScene(makePlace(), await serve([done]), { provider: { provider, model: "mine" }, store, tools: [lose, act] });
  const { end, events } = await scene.run("go");
  expect(end.reason).toBe("lost-lease");
  expect("says" in end ? end.says : "").toContain("took this session over");
  expect(ran).toEqual([]);
  expect(provider.requests).toHaveLength(1);
  expect(events.at(-1)?.type).toBe("run-end");
});

describe("misuse", () => {
  test("a second run of a conversation that is under way is a bug of the caller, and throws", async () => {
    const scene = await play([{ reply: [bash("sleep 0.1")] }, done]);
    const run = scene.conversation.send("go");
    expect(() => scene.conversation.send("again")).toThrow("under way");
    expect((await run.end).reason).toBe("answered");
    await collect(run);
  });

  test("two tools of one name are refused", async () => {
    await expect(makeScene(makePlace(), await serve([done]), { tools: [toolOf("bash", "read", () => says(""))] })).rejects.toThrow(/bash/);
  });

  test("a provider that ends without a finish part is a bug of the provider, and rejects", async () => {
    const provider: Provider = {
      id: "own",
      async *stream() {
        yield { type: "message-start", model: "m" };
      },
    };
    const scene = await makeScene(makePlace(), await serve([done]), { provider: { provider, model: "m" } });
    await expect(scene.conversation.send("go").end).rejects.toThrow("without a finish part");
    // and the conversation is not stuck
    await expect(scene.conversation.send(null).end).rejects.toThrow("without a finish part");
  });

  test("an effect of a tool after its commit has settled is refused by its ports", async () => {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const sneaky: Tool = {
      ...toolOf("sneaky", "write", () => says("")),
      load: async () => async (_input, context) => ({
        preview: { kind: "none" },
        before: [],
        after: [],
        commit: async (effects) => {
          setTimeout(() => {
            const path = join(context.cwd, "late.txt");
            void (async () => effects.files.replace({ path, sha256: null, mode: null }, Buffer.from("x"), 0o644))().then(
              () => resolve("it worked"),
              (error: Error) => resolve(error.message),
            );
          }, 30);
          return says("looks done");
        },
      }),
    };
    const scene = await play([{ reply: [call("sneaky", {})] }, done], { tools: [sneaky] });
    await scene.run("go");
    expect(await late).toContain("after its commit had settled");
    expect(fs.existsSync(scene.place.file("late.txt"))).toBe(false);
  });
});

test("events arrive before what they announce: the decision before the effect, the effect before its record", async () => {
  const seen: string[] = [];
  const place = makePlace();
  const watched = toolOf("watched", "execute", async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    seen.push("effect");
    return says("worked");
  });
  const scene = await makeScene(place, await serve([{ reply: [call("watched", {})] }, done]), { tools: [watched] });
  for await (const event of scene.conversation.send("go")) {
    if (event.type === "decision") seen.push("decision");
    if (event.type === "step") seen.push(event.to);
  }
  expect(seen).toEqual(["planned", "decision", "executing", "effect", "done"]);
});

test("each event names session, agent and time; the run ends with exactly one run-end, the last", async () => {
  const scene = await play([{ reply: [bash("echo 1")] }, done]);
  const { events } = await scene.run("go");
  for (const event of events) expect(event).toMatchObject({ session: scene.conversation.session.id, agents: ["main"], at: expect.any(Number) });
  expect(eventsOf(events, "run-end")).toHaveLength(1);
  const kinds = events.map((event: RunEvent) => event.type);
  expect(kinds[0]).toBe("run-start");
  expect(kinds.at(-1)).toBe("run-end");
  expect(eventsOf(events, "run-end")[0]).toMatchObject({ turns: 2, priced: true, end: { reason: "answered" } });
});

test("no key and no environment of the process reaches a command", async () => {
  const scene = await play([{ reply: [bash("env")] }, done], {}, () => undefined);
  await scene.run("go");
  const told = toldOf(scene)[0]?.text ?? "";
  expect(told).toContain("PATH=");
  expect(told).not.toContain("ANTHROPIC");
  expect(environmentFor("anthropic", scene.server)).toHaveProperty("ANTHROPIC_API_KEY");
});
