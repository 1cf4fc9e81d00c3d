// Nothing that a person, a tool or a model leaves empty or odd makes a later request one that the vendor refuses.
import { describe, expect, test } from "vitest";
import type { Json } from "../../src/base/index.ts";
import type { Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { bash, call, done, play, read, type Scene, says, text, toldOf, toolOf, type WireChoice, wires } from "./support.ts";

/** Every text block of a body; Anthropic refuses blank ones. */
function blankTexts(value: Json | undefined): number {
  if (Array.isArray(value)) return value.reduce((sum: number, one: Json) => sum + blankTexts(one), 0);
  if (value === null || typeof value !== "object") return 0;
  const object = value as Readonly<Record<string, Json>>;
  const own = object["type"] === "text" && typeof object["text"] === "string" && object["text"].trim() === "" ? 1 : 0;
  return own + Object.values(object).reduce((sum: number, one) => sum + blankTexts(one), 0);
}

function checkSound(scene: Scene, wire: WireChoice): void {
  expect(scene.server.requests.flatMap((request) => request.says ?? [])).toEqual([]);
  if (wire === "anthropic") for (const request of scene.server.requests) expect(blankTexts(request.json["messages"])).toBe(0);
}

describe.each(wires)("over the %s wire", (wire) => {
  test.each([
    ["nothing", ""],
    ["blanks", " \n\t"],
  ])("a person who says %s", async (_name, words) => {
    const scene = await play([done, done, done], { wire });
    expect((await scene.run(words)).end.reason).toBe("answered");
    await scene.conversation.queue(words);
    expect((await scene.run("hello")).end.reason).toBe("answered");
    checkSound(scene, wire);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  test("a tool whose result is no part, no text, blanks", async () => {
    const own = toolOf("own", "read", (input) => ({
      ...says(["", "", " \n"][(input as { n: number }).n] ?? ""),
      ...((input as { n: number }).n === 0 ? { parts: [] } : {}),
    }));
    const scene = await play([{ reply: [call("own", { n: 0 }), call("own", { n: 1 }), call("own", { n: 2 })] }, done], { wire, tools: [own] });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    checkSound(scene, wire);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  const odd: readonly { readonly name: string; readonly reply: Turn["reply"] }[] = [
    { name: "nothing", reply: [] },
    { name: "reasoning alone", reply: [{ thinking: "hm" }] },
    { name: "blanks alone", reply: [text(" \n")] },
  ];
  test.each(odd)("a model that replies $name ends the run, and the conversation goes on", async ({ reply }) => {
    const scene = await play([{ reply }, done], { wire });
    expect((await scene.run("hello")).end).toMatchObject({ reason: "answered" });
    expect((await (await scene.resume()).run("again")).end).toEqual({ reason: "answered", text: "done" });
    // a reply of nothing is not sent: what is said next joins the last message, whose blocks only grow
    checkSound(scene, wire);
  });

  test("sixty calls in one reply are each answered", async () => {
    const scene = await play([{ reply: Array.from({ length: 60 }, (_, index) => read(`file-${index}`)) }, done], { wire });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    expect(toldOf(scene).map((one) => /file-\d+/.exec(one.text)?.[0])).toEqual(Array.from({ length: 60 }, (_, index) => `file-${index}`));
    checkSound(scene, wire);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });

  test("half a character, a NUL, bytes that are no text: kept as they were shown, over a resume", async () => {
    const scene = await play([{ reply: [bash("printf '\\xed\\xa0\\x80x\\0y\\xff'")] }, done, done], { wire });
    expect((await scene.run("lone \ud800 surrogate")).end.reason).toBe("answered");
    expect((await (await scene.resume()).run("more")).end.reason).toBe("answered");
    checkSound(scene, wire);
    expect(prefixBreaks(scene.server.requests)).toEqual([]);
  });
});
