// Calls to servers that were under way in a crash: what takes an idempotency key is sent once more with the same one.
import * as fs from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { Json } from "../../src/base/index.ts";
import type { Tool } from "../../src/index.ts";
import type { Entry } from "../../src/session/index.ts";
import { call, coursesOf, entriesOf, eventsOf, makePlace, makeScene, type Scene, says, serve, statelessScript, text, toldOf, toolOf } from "./support.ts";

interface Remote {
  readonly url: string;
  /** Keys as they came. */
  readonly keys: string[];
  /** How often something was really done. */
  effects: number;
}

/** A server that does a thing once for each key, and gives the first answer again for a key it knows. */
async function startRemote(honours: boolean): Promise<Remote> {
  const answers = new Map<string, string>();
  const remote = { url: "", keys: [] as string[], effects: 0 };
  const server = createServer((request, response) => {
    const key = String(request.headers["idempotency-key"]);
    remote.keys.push(key);
    if (!honours || !answers.has(key)) {
      remote.effects += 1;
      answers.set(key, `order ${remote.effects}`);
    }
    response.end(answers.get(key));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(remote, { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

const order = ({ url }: Remote, redo: Tool["redo"]): Tool =>
  toolOf(
    "order",
    "network",
    async (_input: Json, key) => {
      const answer = await fetch(url, { method: "POST", headers: { "idempotency-key": key } });
      return says(await answer.text());
    },
    { redo },
  );

/** The process dies after the server answered and before that was recorded, `times` times; then it goes on. */
async function crash(remote: Remote, redo: Tool["redo"], cut: (lines: readonly string[]) => readonly string[] = upToIntent) {
  const tools = [order(remote, redo)];
  const scene = await makeScene(makePlace(), await serve(statelessScript("anthropic", [[call("order", { what: "tea" })], [text("done")]])), { tools });
  expect((await scene.run("go")).end.reason).toBe("answered");
  await scene.conversation.release();
  const lines = fs.readFileSync(scene.journalPath, "utf8").split("\n").slice(0, -1);
  fs.writeFileSync(scene.journalPath, `${cut(lines).join("\n")}\n`);
  const again = await scene.resume();
  return { scene: again, ...(await again.run(null)) };
}
const isIntent = (line: string): boolean =>
  line.startsWith("{") && ((entry: Entry) => entry.type === "step" && entry.change.to === "executing")(JSON.parse(line));
const upToIntent = (lines: readonly string[]): readonly string[] => lines.slice(0, lines.findIndex(isIntent) + 1);
const keyOf = (scene: Scene) => entriesOf(scene.journal(), "step").flatMap(({ change }) => (change.to === "planned" ? [change.key] : []))[0];

describe("a call to a server that was under way when the process died", () => {
  test("and whose server takes a key, as its tool declares: sent again with the same key, and done once", async () => {
    const remote = await startRemote(true);
    const { scene, end, events } = await crash(remote, "safe");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(remote.keys).toHaveLength(2);
    expect(new Set(remote.keys)).toEqual(new Set([keyOf(scene)]));
    expect(remote.effects).toBe(1);
    expect([...coursesOf(events).values()]).toEqual([["executing", "done"]]);
    expect(toldOf(scene)).toEqual([{ tool: "order", failed: false, text: "order 1" }]);
  });

  test.each(["never", "check"] as const)("and whose tool declares nothing of the kind (%s): unknown, said, and not sent again", async (redo) => {
    const remote = await startRemote(false);
    const { scene, events } = await crash(remote, redo);
    expect(remote.effects).toBe(1);
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringMatching(/call to a server was under way \(begun \d{4}-.*not known/) });
    expect(eventsOf(events, "notice").map(({ code }) => code)).toEqual(["effect-unknown"]);
  });

  test("and its lines are lost: the key is too, so it is unknown and not sent with another one", async () => {
    const remote = await startRemote(true);
    const { scene } = await crash(remote, "safe", (lines) => {
      const at = lines.findIndex(isIntent);
      return [...lines.slice(0, at - 2), ...lines.slice(at - 2, at).map(() => "x".repeat(30)), lines[at] ?? ""];
    });
    expect(remote.keys).toHaveLength(1);
    expect(toldOf(scene)[0]?.text).toContain("not known");
  });
});
