// Replies of every kind keep the prefix: what a model said, was told and was shown is sent again to the byte, also by the next process.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import type { Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "./prefix.ts";
import { bash, call, done, edit, makePlace, makeScene, read, type Scene, serve, text, wires } from "./support.ts";

const pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const turns: readonly Turn[] = [
  { reply: [{ thinking: "First I think, with “quotes”, \\ and \u2028." }, text("I look."), read("a.txt"), read("none.txt")] },
  {
    reply: [
      { redactedThinking: "c2VjcmV0" },
      { call: "bash", rawInput: '{"command": "echo ha', id: "toolu_cut" },
      bash("printf 'a\\tb\\n\\033[1mbold\\033[0m\\377\\n'"),
    ],
  },
  {
    reply: [
      call("edit", { path: "a.txt", edits: [{ old: "ü", new: "🚢 </script> \u0007" }] }),
      call("nothing", { deep: { list: [1, 2.5, null, true, "x"], "": {} } }),
    ],
  },
  { reply: [read("image.png"), call("todo", { items: [{ text: "one", state: "doing" }] })] },
  { reply: [text("half a")], finish: "length" },
  { reply: [bash("seq 1 30000")] },
  { reply: [text(" \n "), bash("exit 3")] },
  { reply: [text("Well.\n")], finish: "end" },
  { reply: [text("And on."), edit("a.txt", "no such text", "x")] },
  done,
];

describe.each(wires)("over the %s wire", (wire) => {
  test.each([1, 3])("thinking, broken calls, images, odd characters, long output, errors: nothing moves (a process for every %i replies)", async (maxTurns) => {
    const place = makePlace();
    place.write("a.txt", "für\r\nzwei\n");
    fs.writeFileSync(place.file("image.png"), Buffer.from(pixel, "base64"));
    fs.mkdirSync(place.file("sub"));
    const server = await serve(turns);
    let scene: Scene = await makeScene(place, server, { wire, maxTurns });
    let { end } = await scene.run("Do what the script says.");
    for (let slice = 0; slice < 20 && server.unserved().length > 0; slice++) {
      const isOver = end.reason === "answered";
      scene = await scene.resume();
      ({ end } = await scene.run(isOver ? "go on" : null));
    }
    expect(server.requests.filter((request) => request.outcome === "refused").map((request) => request.says)).toEqual([]);
    expect(server.requests).toHaveLength(turns.length);
    expect(prefixBreaks(server.requests)).toEqual([]);
  });

  test("instructions of a folder that is touched later are appended, not put into the head", async () => {
    const place = makePlace();
    fs.mkdirSync(place.file("sub"));
    place.write("AGENTS.md", "Top: be brief.\n");
    place.write("sub/AGENTS.md", "Below: use tabs.\n");
    place.write("sub/a.txt", "x\n");
    const server = await serve([{ reply: [read("sub/a.txt")] }, { reply: [edit("sub/a.txt", "x", "y")] }, done, done]);
    const scene = await makeScene(place, server, { wire });
    await scene.run("go");
    const bodies = server.requests.map((request) => JSON.stringify(request.json));
    expect(bodies.map((body) => body.split("Below: use tabs.").length - 1)).toEqual([0, 1, 1]);
    expect(bodies.map((body) => body.split("Top: be brief.").length - 1)).toEqual([1, 1, 1]);
    place.write("AGENTS.md", "Changed meanwhile.\n");
    const again = await scene.resume();
    await again.run("more");
    expect(prefixBreaks(server.requests)).toEqual([]);
    expect(JSON.stringify(server.requests[3]?.json)).toContain("Top: be brief.");
  });
});
