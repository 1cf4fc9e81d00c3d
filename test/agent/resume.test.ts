// A session that goes on: with its own model, mode, limits and rules, and as a fork.
import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type AgentOptions, type Conversation, createAgent } from "../../src/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { bash, collect, done, entriesOf, environmentFor, eventsOf, makePlace, type Place, readJournal, serve, text } from "./support.ts";

type Server = Awaited<ReturnType<typeof serve>>;
async function agentOf(place: Place, server: Server, options: AgentOptions = {}) {
  const agent = await createAgent({ cwd: place.project, home: place.home, environment: environmentFor("anthropic", server), ...options });
  if (!agent.ok) throw agent.error;
  return agent.value;
}
async function opened(
  outcome: Promise<{ readonly ok: true; readonly value: Conversation } | { readonly ok: false; readonly error: Error }>,
): Promise<Conversation> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  onTestFinished(() => settled.value.release());
  return settled.value;
}
async function started(place: Place, server: Server, options: AgentOptions, says = "go"): Promise<Conversation> {
  const conversation = await opened((await agentOf(place, server, options)).start());
  await collect(conversation.send(says));
  await conversation.release();
  return conversation;
}
const resumed = async (place: Place, server: Server, { session }: Conversation, options: AgentOptions = {}): Promise<Conversation> =>
  opened((await agentOf(place, server, options)).resume(session.id));
const always = { name: "always", turns: [{ reply: [text("ok")], repeat: "always" as const }] };
const modelsAsked = (server: Server): readonly unknown[] => server.requests.map(({ json }) => (json as { model: string }).model);

describe("what a session holds to", () => {
  test("its last model, unless one is named", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const first = await started(place, server, { model: "anthropic/claude-haiku-4-5" });
    const again = await resumed(place, server, first);
    expect(again.model).toMatch(/^anthropic\/claude-haiku-4-5/);
    await collect(again.send("more"));
    await again.release();
    const named = await resumed(place, server, first, { model: "anthropic/claude-sonnet-5-5" });
    await collect(named.send("other"));
    await named.release();
    expect((await resumed(place, server, first)).model).toBe("anthropic/claude-sonnet-5-5");
    const asked = modelsAsked(server);
    expect(asked[1]).toBe(asked[0]);
    expect(asked[2]).toBe("claude-sonnet-5-5");
  });
  test("a model that can't be used any more is said, with the way out, and the session stays free", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const provider = {
      id: "own",
      async *stream() {
        const message = { role: "assistant" as const, parts: [{ type: "text" as const, text: "x" }], provider: "own", model: "mine", finish: "end" as const };
        yield { type: "finish" as const, message, usage: { input: 1, output: 1, cacheRead: 0, cacheWrite: 0 }, usageFinal: true };
      },
    };
    const first = await started(place, server, { provider: { provider, model: "mine" } });
    const refused = await (await agentOf(place, server)).resume(first.session.id);
    expect(refused.ok ? "" : refused.error.message).toMatch(/The session's model is own\/mine\..*--model PROVIDER\/NAME/);
    expect((await resumed(place, server, first, { model: "anthropic/claude-sonnet-5-5" })).model).toBe("anthropic/claude-sonnet-5-5");
  });
  test("its mode, once in the journal; bypass is not taken over, and that is said", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const first = await started(place, server, { mode: "accept-edits" });
    const again = await resumed(place, server, first);
    expect([again.mode, again.notices]).toEqual(["accept-edits", []]);
    await collect(again.send("more"));
    await again.release();
    const bypassing = await resumed(place, server, first, { mode: "bypass" });
    await collect(bypassing.send("more"));
    await bypassing.release();
    const after = await resumed(place, server, first);
    expect([after.mode, after.notices]).toEqual(["ask", [expect.stringMatching(/bypass.*named each time.*--permission-mode bypass/)]]);
    await collect(after.send("more"));
    const settings = entriesOf(readJournal(journalOf((await agentOf(place, server)).sessionsFolder, after)), "setting").map(
      ({ name, value }) => `${name} ${value}`,
    );
    expect(settings).toEqual(["mode accept-edits", "mode bypass", "mode ask"]);
  });
  test("a person is not asked in a session whose mode is unattended", async () => {
    const [place, server] = [makePlace(), await serve([done, { reply: [bash("make")] }, done])];
    const first = await started(place, server, { mode: "unattended" });
    const handler = { context: "interactive" as const, settle: () => Promise.reject(new Error("a person was asked")) };
    const again = await resumed(place, server, first, { handler });
    const { events } = await collect(again.send("make it"));
    expect(eventsOf(events, "decision")).toMatchObject([{ decision: { verdict: "deny", mode: "unattended" } }]);
  });
  test("rules that a person granted, and input that was not taken up", async () => {
    const [place, server] = [makePlace(), await serve([{ reply: [bash("mkdir one")] }, done, { reply: [bash("mkdir two")] }, done, done])];
    const asked: string[] = [];
    const handler = {
      context: "interactive" as const,
      settle: async (request: { readonly subject: string }) => {
        asked.push(request.subject);
        return { verdict: "allow" as const, reason: { by: "person" as const }, holds: "session" as const, rule: "bash(mkdir *)" };
      },
    };
    const first = await opened((await agentOf(place, server, { handler })).start());
    await collect(first.send("go"));
    await first.queue("and then the second");
    await first.release();
    const again = await resumed(place, server, first, { handler });
    expect(again.session.state.queue.length).toBe(1);
    await collect(again.send(null));
    expect(asked).toEqual(["mkdir one"]);
    expect(JSON.stringify(server.requests[2]?.json)).toContain("and then the second");
    expect(again.session.state.queue).toEqual([]);
  });
  test("its limit in money, with what was spent before; the lower of it and the usual one; a new one in its place", async () => {
    const [place, server] = [makePlace(), await serve(always)];
    const first = await started(place, server, { budget: { usd: 0.3 } });
    const { usd } = first.session.state.spent;
    expect(usd).toBeGreaterThan(0);
    const limitOf = async (options: AgentOptions): Promise<unknown> => {
      const again = await resumed(place, server, first, options);
      const { end } = await collect(again.send("more"));
      await again.release();
      if (end.reason !== "budget") return end.reason;
      expect(again.session.state.spent.usd).toBeGreaterThanOrEqual(usd);
      expect(end.ruling.spent).toBe(again.session.state.spent[end.ruling.limit]);
      return [end.ruling.limit, end.ruling.allowed];
    };
    expect(await limitOf({})).toBe("answered");
    expect(await limitOf({ usualBudget: { usd } })).toEqual(["usd", usd]);
    expect(await limitOf({ usualBudget: { usd: 100 } })).toBe("answered");
    expect(await limitOf({ budget: { usd: usd / 2 } })).toEqual(["usd", usd / 2]);
    expect(await limitOf({})).toEqual(["usd", usd / 2]);
    expect(await limitOf({ budget: { usd: 1 } })).toBe("answered");
    expect(await limitOf({ usualBudget: { turns: 4 } })).toEqual(["turns", 4]);
  });
});

describe("a fork", () => {
  const turns = [
    { reply: [bash("echo one > a.txt; cat a.txt")] },
    { reply: [text("first")] },
    { reply: [text("of the fork")] },
    { reply: [text("of the origin")] },
    { reply: [text("in the middle")] },
  ];
  test("its first request begins with the bytes of the origin's last; nothing of the spend comes along, and the origin goes on as if nothing was", async () => {
    const [place, server] = [makePlace(), await serve(turns)];
    const agent = await agentOf(place, server, { mode: "bypass", budget: { usd: 5 } });
    const origin = await opened(agent.start());
    await collect(origin.send("begin"));
    // also while the origin is open here
    const fork = await opened(agent.fork(origin.session.id));
    expect(fork.session.state.spent.usd).toBe(0);
    const { end, events } = await collect(fork.send("a different road"));
    expect(end).toEqual({ reason: "answered", text: "of the fork" });
    expect(eventsOf(events, "context-assembled")[0]?.breaks).toEqual([]);
    expect(prefixBreaks(server.requests)).toEqual([]);
    expect(server.requests.length).toBe(3);
    expect(fork.session.state.turns).toBe(1);
    expect(fork.session.state.settings.get("budget")).toBe('{"usd":5}');
    const before = origin.session.state.spent.usd;
    expect(await collect(origin.send("the same way"))).toMatchObject({ end: { text: "of the origin" } });
    expect(origin.session.state.spent.usd).toBeGreaterThan(before);
    expect(prefixBreaks([server.requests[1], server.requests[3]] as never)).toEqual([]);
    expect(JSON.stringify(server.requests[3]?.json)).not.toContain("a different road");
  });
  test("the origin can be deleted; the fork goes on, from where it was taken", async () => {
    const [place, server] = [makePlace(), await serve(turns)];
    const agent = await agentOf(place, server, { mode: "bypass" });
    const origin = await opened(agent.start());
    await collect(origin.send("begin"));
    await origin.release();
    const path = journalOf(agent.sessionsFolder, origin);
    const reply = entriesOf(readJournal(path), "reply")[0];
    const fork = await opened(agent.fork(origin.session.id, reply?.seq));
    await fork.release();
    rmSync(dirname(path), { recursive: true });
    const again = await opened(agent.resume(fork.session.id));
    const { end } = await collect(again.send(null));
    expect(end.reason).toBe("answered");
    const sent = JSON.stringify(server.requests.at(-1)?.json);
    expect(sent).toMatch(/forked before the call began: nothing of it was executed here/);
    expect(place.read("a.txt")).toBe("one\n");
    expect(entriesOf(readJournal(journalOf(agent.sessionsFolder, again)), "step")).toEqual([]);
  });
});

const journalOf = (folder: string, { session }: Conversation): string => join(folder, session.id, "journal.jsonl");
