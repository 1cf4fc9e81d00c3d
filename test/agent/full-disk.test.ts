// A disk that is full: for the journal in the middle of an effect, and for payloads alone.
import { execFile } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { nodeDisk } from "../../src/exec/index.ts";
import { needs } from "../support/needs.ts";
import type { FullDiskChild, FullDiskReport } from "./full-disk-child.ts";
import {
  bash,
  call,
  edit,
  entriesOf,
  environmentFor,
  eventsOf,
  makePlace,
  makeScene,
  modelFor,
  type Scene,
  type Setting,
  says,
  serve,
  sharedCompileCache,
  statelessScript,
  text,
  toldOf,
  toolOf,
} from "./support.ts";

needs("bwrap").describe("a real file system that fills up in the middle of an effect", () => {
  /** The home of sessions is a file system in memory with `bytes` of room, made and gone with the process. */
  async function fill(bytes: number, size: number): Promise<FullDiskReport> {
    const place = makePlace();
    fs.mkdirSync(place.home);
    const server = await serve(statelessScript("anthropic", [[call("own", {})], [text("done")]]));
    const options: FullDiskChild = {
      home: place.home,
      project: place.project,
      model: modelFor("anthropic"),
      environment: environmentFor("anthropic", server),
      size,
    };
    const child = [process.execPath, join(import.meta.dirname, "full-disk-child.ts"), JSON.stringify(options)];
    const { stdout } = await promisify(execFile)("bwrap", ["--dev-bind", "/", "/", "--size", String(bytes), "--tmpfs", place.home, ...child], {
      env: { ...process.env, ...sharedCompileCache },
    });
    return JSON.parse(stdout) as FullDiskReport;
  }

  test("what the effect did is recorded all the same, the run stops with the next move, and goes on when there is room", async () => {
    const report = await fill(1_000_000, 30_000);
    expect(report.effects).toBe(1);
    expect(report.reserve).toEqual([true, false]);
    expect(report.ends[0]).toMatchObject({ reason: "journal", says: expect.stringMatching(/disk is full.*What had begun is recorded.*Free space.*--resume/) });
    expect(report.ends[1]).toEqual({ reason: "answered", text: "done" });
    expect(report.told).toEqual([expect.stringMatching(/^did it x{30000}$/)]);
  }, 30_000);

  test("and the result is larger than what was set aside: its beginning and its end are recorded, and that it is shortened", async () => {
    const report = await fill(1_000_000, 700_000);
    expect(report.effects).toBe(1);
    expect(report.ends.map(({ reason }) => reason)).toEqual(["journal", "answered"]);
    expect(report.told[0]).toMatch(/^did it x+\n\[… \d+ characters not kept …\]\nx+\[blob-missing: .* The call|disk is full/s);
    expect(report.notices.join()).toContain("blob-missing: own: only a part of its result is kept");
  }, 30_000);
});

describe("payloads that cannot be stored, while lines of the journal can", () => {
  const withoutBlobs = (code = "ENOSPC") => ({
    ...nodeDisk,
    open: (...given: Parameters<typeof nodeDisk.open>) =>
      given[0].includes("/blobs/") && given[1] !== "read" ? Promise.reject(Object.assign(new Error("told to fail"), { code })) : nodeDisk.open(...given),
  });
  async function play(reply: Parameters<typeof statelessScript>[1][number], setting: Setting = {}, input = "go") {
    const place = makePlace();
    place.write("a.txt", "old\n");
    const scene = await makeScene(place, await serve(statelessScript("anthropic", [reply, [text("done")]])), { disk: withoutBlobs(), ...setting });
    return { scene, ...(await scene.run(input)) };
  }
  const lastResult = (scene: Scene) =>
    entriesOf(scene.journal(), "step")
      .flatMap(({ change }) => (change.to === "done" || change.to === "failed" ? [change.result] : []))
      .at(-1);

  test("a tool's result is shortened, said to be so to the model and the person, and the run goes on", async () => {
    const big = toolOf("big", "execute", () => ({ ...says(`begin ${"é".repeat(400_000)} end`), detail: { diff: "d".repeat(90_000) } }));
    const { scene, end, events } = await play([call("big", {})], { tools: [big] });
    expect(end).toEqual({ reason: "answered", text: "done" });
    const [told] = toldOf(scene);
    expect(told?.failed).toBe(false);
    expect(told?.text).toMatch(/^begin é+\n\[… \d+ characters not kept …\]\né+ end\[blob-missing: about \d+ characters .*disk is full/s);
    expect(told?.text.length).toBeLessThan(20_000);
    const notices = eventsOf(events, "notice").filter(({ code }) => code === "blob-missing");
    expect(notices).toMatchObject([{ level: "warning", says: expect.stringMatching(/^big: only a part of its result is kept.*Free space/) }]);
    expect(lastResult(scene)?.detail).toEqual({ blobMissing: { characters: expect.any(Number), says: expect.stringContaining("disk is full") } });
    expect(Buffer.byteLength(JSON.stringify(lastResult(scene)))).toBeLessThan(80_000);
    const again = await scene.resume({ disk: nodeDisk });
    expect(toldOf(again)).toEqual(toldOf(scene));
  });

  test("an image in a result is left out and said to be", async () => {
    const picture = toolOf("picture", "read", () => ({
      parts: [
        { type: "text", text: "a picture" },
        { type: "image", mediaType: "image/png", data: "A".repeat(500_000) },
      ],
      failed: false,
      seen: [{ path: "/p.png", sha256: "a".repeat(64), mode: 0o644 }],
    }));
    const { scene, end } = await play([call("picture", {})], { tools: [picture] });
    expect(end.reason).toBe("answered");
    expect(toldOf(scene)[0]?.text).toMatch(/^a picture\[blob-missing: a part of type "image" was not kept\]/);
    // what was not shown was not seen
    expect(scene.conversation.session.state.seen.size).toBe(0);
  });

  test("a command's whole output is not kept: the model has beginning and end, both are told, and the run goes on", async () => {
    const { scene, end, events } = await play([bash("head -c 200000 /dev/zero | tr '\\0' 'x'")]);
    expect(end.reason).toBe("answered");
    expect(toldOf(scene)[0]?.text).toMatch(/left out;.*The whole output could not be kept: Cannot store a payload of 200000 bytes: the disk is full/s);
    expect(eventsOf(events, "notice").filter(({ code }) => code === "blob-missing")).toMatchObject([
      { says: expect.stringContaining("payload of 200000 bytes") },
    ]);
  });

  test("what stands in a file that is to be changed: the change is refused before it begins, with the reason; later it is made", async () => {
    const { scene, end } = await play([edit("a.txt", "old", "new")]);
    expect(end).toMatchObject({
      reason: "journal",
      says: expect.stringMatching(/^What stands in .*a\.txt cannot be kept, so edit was not begun and nothing was changed\. .*disk is full.*Free space/),
    });
    expect(scene.place.read("a.txt")).toBe("old\n");
    expect(entriesOf(scene.journal(), "step").map(({ change }) => change.to)).toEqual(["planned"]);
    const again = await scene.resume({ disk: nodeDisk });
    expect((await again.run(null)).end.reason).toBe("answered");
    expect(scene.place.read("a.txt")).toBe("new\n");
  });

  test("a prompt that does not fit on a line: refused before any model is asked", async () => {
    const { scene, end } = await play([text("never")], {}, "x".repeat(400_000));
    expect(end).toMatchObject({ reason: "journal", says: expect.stringMatching(/payload.*disk is full.*Free space/) });
    expect(scene.server.requests).toHaveLength(0);
  });

  test("a reply that does not fit on a line: none of its calls is run", async () => {
    const { scene, end } = await play([text("x".repeat(400_000)), bash("echo ran >> trace")]);
    expect(end).toMatchObject({ reason: "journal", says: expect.stringMatching(/payload.*disk is full/) });
    expect(fs.existsSync(scene.place.file("trace"))).toBe(false);
    const again = await scene.resume({ disk: nodeDisk });
    expect((await again.run(null)).end.reason).toBe("answered");
    expect(scene.place.read("trace")).toBe("ran\n");
  });
});
