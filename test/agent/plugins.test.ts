// Plugins in a session: how their calls are decided, run and recorded.
import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import type { AgentOptions, Handler, RunEvent } from "../../src/index.ts";
import { approve, readCandidate } from "../../src/tools/plugins/index.ts";
import { limits, manifestOf, toolOf } from "../tools/plugin-support.ts";
import { environmentFor, makePlace, makeScene, type Place, serve } from "./support.ts";

const source = (place: Place): string => join(place.home, "../source");

function addPlugin(place: Place, manifest: object = manifestOf()): void {
  fs.mkdirSync(source(place), { recursive: true });
  fs.copyFileSync(join(import.meta.dirname, "../tools/plugin-server.mjs"), join(source(place), "server.mjs"));
  fs.writeFileSync(join(source(place), "plugin.json"), JSON.stringify(manifest));
  const read = readCandidate(source(place), limits);
  if (!read.ok) throw read.error;
  const kept = approve(place.home, read.value, 0);
  if (!kept.ok) throw kept.error;
}

const nobody: Handler = {
  context: "interactive",
  settle: async () => ({ verdict: "deny", reason: { by: "person", says: "no" }, holds: "call" }),
};
const rule = (text: string, verdict: "allow" | "deny" = "allow") => ({ text, verdict, source: "a test" });

async function callOnce(place: Place, tool: string, input: JsonObject, options: AgentOptions = {}) {
  const server = await serve([{ reply: [{ call: tool, input }] }, { reply: [{ text: "done" }] }]);
  const scene = await makeScene(place, server, { mode: "ask", handler: nobody, ...options });
  const { events, end } = await scene.run("go");
  const decision = events.flatMap((event) => (event.type === "decision" ? [event.decision] : []))[0];
  return { scene, server, events, end, decision, steps: stepsOf(events) };
}
const stepsOf = (events: readonly RunEvent[]): readonly string[] => events.flatMap((event) => (event.type === "step" ? [event.to] : []));
const resultOf = (events: readonly RunEvent[]): string => JSON.stringify(events.filter((event) => event.type === "step").at(-1));

describe("a plugin's tool in a session", () => {
  test("is asked for whatever it says of itself, in every mode but bypass; a rule that names it allows it", async () => {
    const place = makePlace();
    addPlugin(place);
    for (const mode of ["plan", "ask", "accept-edits", "auto"] as const) {
      const { decision } = await callOnce(place, "odd__look", { act: "fail" }, { mode });
      expect([mode, decision?.verdict, decision?.asked]).toEqual([mode, "deny", expect.objectContaining({ by: "tier", tier: "plugin" })]);
    }
    const allowed = await callOnce(place, "odd__look", { act: "echo" }, { rules: [rule("odd__look")] });
    expect(allowed.decision).toMatchObject({ verdict: "allow", reason: { by: "rule", rule: "odd__look" }, source: { tier: "plugin", id: "odd" } });
    expect(allowed.steps.at(-1)).toBe("done");
    expect((await callOnce(place, "odd__look", { act: "echo" }, { mode: "bypass" })).decision?.verdict).toBe("allow");
  });

  test("is refused where a deny rule names it, also beside a rule that allows it and in bypass", async () => {
    const place = makePlace();
    addPlugin(place);
    for (const mode of ["ask", "bypass"] as const) {
      const { decision } = await callOnce(place, "odd__change", { act: "fail" }, { mode, rules: [rule("odd__change"), rule("odd__change", "deny")] });
      expect(decision).toMatchObject({ verdict: "deny", reason: { by: "rule" } });
    }
  });

  test("is no way around a rule that denies a file", async () => {
    const place = makePlace();
    addPlugin(place, manifestOf({ tools: [toolOf("change", "write", { subjects: [{ kind: "path", field: "path" }] })] }));
    const rules = [rule("odd__change"), rule("edit(secret.txt)", "deny")];
    const { decision } = await callOnce(place, "odd__change", { act: "write", path: "secret.txt" }, { rules });
    expect(decision?.verdict).toBe("deny");
    expect(fs.existsSync(place.file("secret.txt"))).toBe(false);
  });

  test("that dies in a call which may have had an effect leaves it unknown; the same call again is asked for", async () => {
    const place = makePlace();
    addPlugin(place);
    const call = { call: "odd__change", input: { act: "crash" } };
    const server = await serve([{ reply: [call] }, { reply: [call] }, { reply: [{ text: "done" }] }]);
    const scene = await makeScene(place, server, { mode: "ask", handler: nobody, rules: [rule("odd__change")] });
    const { events } = await scene.run("go");
    const decisions = events.flatMap((event) => (event.type === "decision" ? [event.decision] : []));
    expect(stepsOf(events)).toContain("reconciled");
    expect(scene.conversation.session.state.unknownEffects.size).toBe(1);
    expect(decisions.map(({ verdict }) => verdict)).toEqual(["allow", "deny"]);
    expect(decisions[1]?.asked).toMatchObject({ by: "fact", says: expect.stringContaining("not known") });
    const read = await callOnce(makeWith(), "odd__look", { act: "crash" }, { rules: [rule("odd__look")] });
    expect(read.steps.at(-1)).toBe("failed");
    expect(resultOf(read.events)).toContain("failed");
  });

  test("is absent after its folder changed, with the reason; approved anew it is back", async () => {
    const place = makePlace();
    addPlugin(place);
    fs.appendFileSync(join(source(place), "server.mjs"), "// more");
    const changed = await callOnce(place, "odd__look", { act: "echo" }, { rules: [rule("odd__look")] });
    expect(changed.steps.at(-1)).toBe("failed");
    expect(changed.scene.conversation.notices.join()).toContain("changed since it was approved (1970-01-01T00:00:00.000Z): bosun plugins approve odd");
    expect(JSON.stringify(changed.server.requests[1])).toContain("is not to be had here: plugin odd: ");
    expect(JSON.stringify(changed.server.requests[0])).not.toContain("odd__look");
    const read = readCandidate(source(place), limits);
    if (!read.ok || !approve(place.home, read.value, 0).ok) throw new Error("not approved");
    expect((await callOnce(place, "odd__look", { act: "fail" }, { rules: [rule("odd__look")] })).steps.at(-1)).toBe("failed");
    expect((await callOnce(place, "odd__look", { act: "echo" }, { rules: [rule("odd__look")] })).steps.at(-1)).toBe("done");
  });

  test("is not begun by being listed, shown or denied", async () => {
    const place = makePlace();
    const log = join(place.home, "../log");
    addPlugin(place, manifestOf({ environment: ["PLUGIN_LOG"] }));
    const server = await serve([{ reply: [{ call: "odd__look", input: { act: "echo" } }] }, { reply: [{ text: "done" }] }]);
    const scene = await makeScene(place, server, { mode: "ask", handler: nobody, environment: { ...environmentFor("anthropic", server), PLUGIN_LOG: log } });
    await scene.run("go");
    expect(JSON.stringify(server.requests[0])).toContain("odd__look");
    expect(fs.existsSync(log)).toBe(false);
  });
});

/** Another place with the plugin. */
function makeWith(): Place {
  const place = makePlace();
  addPlugin(place);
  return place;
}

describe("without a sandbox", () => {
  test.each([
    ["unattended", "deny"],
    ["plan", "deny"],
    ["ask", "allow"],
  ] as const)("in mode %s the verdict is %s, and the decision says why", async (mode, verdict) => {
    const place = makePlace();
    addPlugin(place);
    const server = await serve([{ reply: [{ call: "odd__look", input: { act: "echo" } }] }, { reply: [{ text: "done" }] }]);
    const environment = { ...environmentFor("anthropic", server), PATH: place.project };
    const scene = await makeScene(place, server, { mode, rules: [rule("odd__look")], environment });
    const { events } = await scene.run("go");
    const decision = events.flatMap((event) => (event.type === "decision" ? [event.decision] : []))[0];
    expect(decision?.verdict).toBe(verdict);
    expect(JSON.stringify(decision)).toContain("bubblewrap is not installed");
  });

  test("what says that it reads may do anything: it runs alone, in its order, and as what a crash leaves unknown", async () => {
    const place = makePlace();
    addPlugin(place);
    const look = { call: "odd__look", input: { act: "write", path: place.file("made.txt") } };
    const server = await serve([{ reply: [look, { call: "read", input: { path: "made.txt" } }] }, { reply: [{ text: "done" }] }]);
    const environment = { ...environmentFor("anthropic", server), PATH: place.project };
    const scene = await makeScene(place, server, { mode: "ask", rules: [rule("odd__look")], environment });
    const { events } = await scene.run("go");
    expect(stepsOf(events)).toEqual(["planned", "executing", "done", "planned", "executing", "done"]);
    expect([...scene.conversation.session.state.steps.values()].map(({ intent }) => intent?.class)).toEqual(["external", "read"]);
    expect(JSON.stringify(server.requests[1])).toContain("written by a plugin");
  });
});
