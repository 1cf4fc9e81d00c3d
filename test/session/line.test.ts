import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { crc32, sha256 } from "../../src/exec/index.ts";
import { decodeLine, type EntryBody, encodeLine, firstPrev, lineLimit } from "../../src/session/index.ts";
import { inflate, standIn } from "../../src/session/line.ts";
import { anyBody, calls, done, planned, reply, request, says, stepId, user } from "./support.ts";

const strip = (line: string): Buffer => Buffer.from(line.slice(0, -1));
const encode = (body: EntryBody, seq = 0) => encodeLine(body, seq, firstPrev, 1_700_000_000_000);
const sealed = (fields: string): Buffer => Buffer.from(`${fields},"crc":"${crc32(fields).toString(16).padStart(8, "0")}"}`);

describe("a line", () => {
  test("reads back as what it was made of, whatever the text", () => {
    fc.assert(
      fc.property(anyBody, fc.nat(), (body, seq) => {
        const { line, entry, hash } = encode(body, seq);
        expect(line.endsWith("\n")).toBe(true);
        expect(line.indexOf("\n")).toBe(line.length - 1);
        const bytes = strip(line);
        expect(sha256(bytes)).toBe(hash);
        const decoded = decodeLine(bytes);
        if (decoded.kind !== "entry") throw new Error(decoded.why);
        expect(decoded.blob).toBeNull();
        expect(decoded.entry).toEqual(JSON.parse(JSON.stringify(entry)));
        expect(JSON.stringify(decoded.entry)).toBe(JSON.stringify(entry));
      }),
    );
  });

  test("is refused after any single change of a byte", () => {
    const bytes = strip(encode(user("é𝄞 hello")).line);
    for (let at = 0; at < bytes.length; at++) {
      for (const bit of [1, 32, 128]) {
        const broken = Buffer.from(bytes);
        broken[at] = (broken[at] ?? 0) ^ bit;
        const decoded = decodeLine(broken);
        expect(decoded.kind, `byte ${at} bit ${bit}`).toBe("bad");
      }
    }
  });

  test("is refused when cut anywhere, and when two are glued", () => {
    const bytes = strip(encode(user("hello")).line);
    for (let length = 0; length < bytes.length; length++) {
      expect(decodeLine(bytes.subarray(0, length)).kind).toBe("bad");
      if (length > 0) expect(decodeLine(bytes.subarray(length)).kind).toBe("bad");
      expect(decodeLine(Buffer.concat([bytes.subarray(0, length), bytes])).kind).toBe(length === 0 ? "entry" : "bad");
    }
    expect(decodeLine(Buffer.concat([bytes, bytes])).kind).toBe("bad");
  });

  test("bytes at random are bad, never an exception", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => decodeLine(Buffer.from(bytes)).kind === "bad"));
  });

  test("with a right checksum over what is no line is bad", () => {
    for (const fields of ["null", "[1", '{"v":1', '{"v":"1","seq":0', '{"v":1,"seq":"0"', '{"seq":1']) expect(decodeLine(sealed(fields)).kind).toBe("bad");
  });

  test("a body that names the journal's own fields inside cannot forge them", () => {
    const decoded = decodeLine(strip(encode(user('","crc":"00000000"}\n{"v":1,"seq":7')).line));
    expect(decoded.kind === "entry" && decoded.entry.seq).toBe(0);
  });
});

describe("versions and needs", () => {
  test("a later version and an unknown need are newer, with their number", () => {
    expect(decodeLine(sealed('{"v":2,"seq":4,"type":"user"'))).toMatchObject({ kind: "newer", seq: 4, why: expect.stringContaining("2") });
    expect(decodeLine(sealed('{"v":1,"seq":4,"type":"x","needs":["forks"]'))).toMatchObject({ kind: "newer", why: expect.stringContaining("forks") });
  });
  test("an unknown type without needs, and unknown fields, are passed on", () => {
    expect(decodeLine(sealed('{"v":1,"seq":4,"type":"later","more":1,"needs":[]'))).toMatchObject({ kind: "entry", entry: { type: "later", more: 1 } });
  });
});

describe("a body too large for a line", () => {
  const sizes = [lineLimit - 400, lineLimit - 200, lineLimit - 100, lineLimit, lineLimit + 1, 3 * lineLimit];
  test.each(sizes)("%i characters: the line stays within its limit, nothing is lost", (size) => {
    for (const fill of ["x", "é", '"', "\u0001", "\ud800"]) {
      const { line, entry, payload } = encode(user(fill.repeat(size)));
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(lineLimit + 1);
      const decoded = decodeLine(strip(line));
      if (decoded.kind !== "entry") throw new Error(decoded.why);
      if (payload === null) expect(decoded.entry).toEqual(entry);
      else {
        expect(decoded.blob?.sha256).toBe(sha256(payload));
        expect(decoded.blob?.bytes).toBe(payload.length);
        expect(inflate(decoded.entry, payload)).toEqual(entry);
      }
    }
  });

  test("its small fields stay on the line: a lost payload loses no accounting", () => {
    const big = "x".repeat(lineLimit);
    const { line, payload } = encode(reply("r_1", [says(big), calls("c_1", "read", { path: big })]));
    expect(payload).not.toBeNull();
    const decoded = decodeLine(strip(line));
    if (decoded.kind !== "entry" || !decoded.blob) throw new Error("no blob");
    expect(standIn(decoded.entry, decoded.blob)).toMatchObject({ type: "reply", request: "r_1", cost: { usd: 0.02 }, usage: { output: 5 } });
    const asked = request("r_2");
    if (asked.type !== "request") throw new Error("unreachable");
    const wide = encode({ ...asked, segments: Array.from({ length: 4000 }, (_, index) => ({ name: `s${index}`, sha256: "b".repeat(64), bytes: 1 })) });
    const lost = decodeLine(strip(wide.line));
    if (lost.kind !== "entry" || !lost.blob) throw new Error("no blob");
    expect(standIn(lost.entry, lost.blob)).toMatchObject({ type: "request", request: "r_2", projection: { worst: { usd: 0.05 } }, segments: [] });
  });

  test("of a step: its state is known without the payload; a plan or an intent becomes a gap", () => {
    const lost = (body: EntryBody) => {
      const decoded = decodeLine(strip(encode(body).line));
      if (decoded.kind !== "entry" || !decoded.blob) throw new Error("no blob");
      return standIn(decoded.entry, decoded.blob);
    };
    const big = "x".repeat(lineLimit);
    expect(lost(done("st_1", big))).toMatchObject({ type: "step", change: { step: stepId("st_1"), to: "done", result: { failed: false } } });
    expect(lost({ type: "step", change: { step: stepId("st_1"), to: "denied", why: big } })).toMatchObject({ change: { to: "denied" } });
    expect(lost(planned("st_1", "r_1", 0, "write", { content: big }))).toMatchObject({ type: "gap" });
    expect(lost(user(big))).toMatchObject({ type: "user", parts: [{ type: "text", text: expect.stringContaining("missing") }] });
  });

  test("a field that is undefined is no obstacle", () => {
    const body = { type: "user", parts: [{ type: "text", text: "x".repeat(lineLimit) }], queued: undefined } as unknown as EntryBody;
    expect(encode(body).payload).not.toBeNull();
  });
});
