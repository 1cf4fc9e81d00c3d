// What every SessionStore must do. Run over each of them: the file store and the memory store.
import { describe, expect, test } from "vitest";
import type { BosunError } from "../../src/base/index.ts";
import { sha256 } from "../../src/exec/index.ts";
import {
  createSession,
  type Entry,
  encodeLine,
  firstPrev,
  lineLimit,
  openSession,
  readSession,
  type SessionStore,
  type SessionWriter,
} from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { answered, appendAll, calls, reply, request, says, sessionId, turn, user } from "./support.ts";

export interface Subject {
  readonly store: SessionStore;
  /** Adds bytes to the end of a journal, as a torn write would. */
  tear(session: string, bytes: Uint8Array): void;
  /** Loses every payload. */
  dropBlobs(): void;
}

const id = sessionId("s_1");
const clock = createManualClock();
const beginning = { cwd: "/p", root: "/p", version: "0.1.0" };

async function value<Value>(
  outcome: Promise<{ readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: BosunError }>,
): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}
async function codeOf(outcome: Promise<{ readonly ok: boolean; readonly error?: BosunError }>): Promise<string> {
  const settled = await outcome;
  return settled.error?.code ?? "ok";
}
const entriesOf = async (store: SessionStore): Promise<Entry[]> => {
  const found: Entry[] = [];
  await value(store.read(id, (entry) => found.push(entry)));
  return found;
};
/** `count` lines as an append takes them. */
function linesFrom(writer: SessionWriter, count: number): string[] {
  let { seq, prev } = writer.next;
  return Array.from({ length: count }, () => {
    const encoded = encodeLine(user(`line ${seq}`), seq++, prev, 1);
    prev = encoded.hash;
    return encoded.line;
  });
}

export function describeStore(name: string, make: () => Subject): void {
  describeEntries(name, make);
  describeWriter(name, make);
  describeDamage(name, make);
  describePayloads(name, make);
}

function describeEntries(name: string, make: () => Subject): void {
  describe(`${name}: entries`, () => {
    test("come back as they were appended, live and read, in order", async () => {
      const { store } = make();
      const session = await value(createSession(store, clock, id, beginning));
      const live: Entry[] = [];
      session.subscribe((entry) => live.push(entry));
      await appendAll(session, [user("é𝄞\ud800\u0000"), ...turn("1"), answered]);
      const found = await entriesOf(store);
      expect(found[0]).toMatchObject({ type: "session", seq: 0, prev: firstPrev });
      expect(found.slice(1)).toEqual(JSON.parse(JSON.stringify(live)));
      await session.release();
      expect(await entriesOf(store)).toEqual(found);
      const again = await value(openSession(store, clock, id));
      expect(again.findings).toEqual([]);
      expect(again.resumed).toBe(true);
      expect(again.state).toEqual(session.state);
      await again.append(user("more"));
      await again.release();
      expect((await entriesOf(store)).map((entry) => entry.seq)).toEqual(Array.from({ length: found.length + 1 }, (_, index) => index));
    });

    test("too large for a line come back whole; a lost payload is said and loses no money", async () => {
      const subject = make();
      const session = await value(createSession(subject.store, clock, id, beginning));
      const big = "é".repeat(2 * lineLimit);
      await appendAll(session, [user(big), request("r_1"), reply("r_1", [says(big), calls("c_1")])]);
      await session.release();
      const found = await entriesOf(subject.store);
      expect(found[1]).toMatchObject({ type: "user", parts: [{ text: big }] });
      subject.dropBlobs();
      const read = await value(readSession(subject.store, id));
      expect(read.findings).toMatchObject([
        { kind: "blob-missing", seq: 1 },
        { kind: "blob-missing", seq: 3 },
      ]);
      expect(read.state.spent.usd).toBe(0.02);
    });

    test("many appends of one tick arrive in order", async () => {
      const { store } = make();
      const session = await value(createSession(store, clock, id, beginning));
      await Promise.all(Array.from({ length: 200 }, (_, index) => session.append(user(`${index}`))));
      await session.release();
      const found = await entriesOf(store);
      expect(found.slice(1).map((entry) => (entry.type === "user" && entry.parts[0]?.type === "text" ? entry.parts[0].text : ""))).toEqual(
        Array.from({ length: 200 }, (_, index) => `${index}`),
      );
    });
  });
}

function describeWriter(name: string, make: () => Subject): void {
  describe(`${name}: one writer`, () => {
    test("a second one is refused until the first lets go, however it asks", async () => {
      const { store } = make();
      const writer = await value(store.create(id));
      expect(await codeOf(store.open(id, () => undefined))).toBe("session-busy");
      expect(await codeOf(store.create(id))).toBe("session-busy");
      await writer.append(0, linesFrom(writer, 1), true);
      await store.list();
      await entriesOf(store);
      expect(await codeOf(store.open(id, () => undefined))).toBe("session-busy");
      await writer.release();
      await writer.release();
      const opened = await value(store.open(id, () => undefined));
      expect(opened.writer.next.seq).toBe(1);
      await opened.writer.release();
    });
    test("every holder has a higher fence", async () => {
      const { store } = make();
      const first = await value(store.create(id));
      await first.release();
      let before = first.fence;
      for (let round = 0; round < 3; round++) {
        const { writer } = await value(store.open(id, () => undefined));
        expect(writer.fence).toBeGreaterThan(before);
        before = writer.fence;
        await writer.release();
      }
    });
    test("a wrong number is a bug and throws; after release nothing is written", async () => {
      const { store } = make();
      const writer = await value(store.create(id));
      await writer.append(0, linesFrom(writer, 2), true);
      expect(() => writer.append(1, ["x\n"], false)).toThrow("append of line 1 where 2 is due");
      expect(() => writer.append(3, ["x\n"], false)).toThrow("append of line 3 where 2 is due");
      const last = writer.append(2, [encodeLine(user("last"), 2, "0".repeat(64), 1).line], false);
      await writer.release();
      await last;
      await expect(writer.append(3, ["x\n"], false)).rejects.toMatchObject({ code: "journal-failed" });
      expect(await entriesOf(store)).toHaveLength(3);
    });
    test("a session that exists is not made again, one that does not is not opened", async () => {
      const { store } = make();
      expect(await codeOf(store.open(id, () => undefined))).toBe("session-missing");
      expect(await codeOf(store.read(id, () => undefined))).toBe("session-missing");
      await (await value(store.create(id))).release();
      expect(await codeOf(store.create(id))).toBe("session-exists");
    });
  });
}

function describeDamage(name: string, make: () => Subject): void {
  describe(`${name}: damage`, () => {
    test("a torn end is cut when opened, said, and the journal goes on", async () => {
      const subject = make();
      const session = await value(createSession(subject.store, clock, id, beginning));
      await appendAll(session, [user("one"), ...turn("1")]);
      await session.release();
      const before = await entriesOf(subject.store);
      subject.tear("s_1", Buffer.from('{"v":1,"seq":11,"id":"e_'));
      expect(await entriesOf(subject.store)).toEqual(before);
      const again = await value(openSession(subject.store, clock, id));
      expect(again.findings).toMatchObject([{ kind: "repair", cut: 24, lines: 0 }]);
      await again.append(answered);
      await again.release();
      const after = await entriesOf(subject.store);
      expect(after.map((entry) => entry.type).slice(before.length)).toEqual(["repair", "end"]);
      expect((await value(openSession(subject.store, clock, id))).findings).toEqual([]);
    });
    test("a gap is journaled once", async () => {
      const subject = make();
      const session = await value(createSession(subject.store, clock, id, beginning));
      await appendAll(session, [user("one")]);
      await session.release();
      const [, last] = await entriesOf(subject.store);
      subject.tear("s_1", Buffer.from(`garbage\n${encodeLine(user("after"), 3, sha256(JSON.stringify(last)), 1).line}`));
      for (let round = 0; round < 2; round++) {
        const again = await value(openSession(subject.store, clock, id));
        expect(again.findings).toMatchObject([{ kind: "gap", afterSeq: 1 }]);
        expect(again.state.gaps).toBe(1);
        await again.release();
      }
    });
    test("lines at its end that are missing before are refused and left as they are; what can be read is", async () => {
      const subject = make();
      const session = await value(createSession(subject.store, clock, id, beginning));
      await appendAll(session, [user("one")]);
      await session.release();
      const [, last] = await entriesOf(subject.store);
      const second = encodeLine(user("two"), 2, sha256(JSON.stringify(last)), 1);
      subject.tear("s_1", Buffer.from(encodeLine(user("three"), 3, second.hash, 1).line + second.line));
      const size = (await subject.store.list())[0]?.bytes;
      expect(await codeOf(subject.store.open(id, () => undefined))).toBe("journal-damaged");
      expect((await subject.store.list())[0]?.bytes).toBe(size);
      const read = await value(subject.store.read(id, () => undefined));
      expect(read).toMatchObject([
        { kind: "gap", says: "line 2 is missing" },
        { kind: "tail", bytes: second.line.length, says: "line 2 stands after line 3" },
      ]);
    });
    test("another program's file is refused and left as it is", async () => {
      const subject = make();
      await (await value(subject.store.create(id))).release();
      subject.tear("s_1", Buffer.from('{"type":"message"}\n'));
      expect(await codeOf(subject.store.open(id, () => undefined))).toBe("journal-damaged");
      expect(await codeOf(subject.store.read(id, () => undefined))).toBe("journal-damaged");
      expect((await subject.store.list())[0]?.bytes).toBe(19);
    });
  });
}

function describePayloads(name: string, make: () => Subject): void {
  describe(`${name}: payloads and lists`, () => {
    test("a payload is named by its hash and given back byte for byte", async () => {
      const { store } = make();
      for (const bytes of [Buffer.alloc(0), Buffer.from("é"), Buffer.alloc(300_000, 7)]) {
        const name = await value(store.putBlob(bytes));
        expect(name).toBe(sha256(bytes));
        expect(await value(store.putBlob(bytes))).toBe(name);
        expect(Buffer.from(await value(store.getBlob(name))).equals(bytes)).toBe(true);
      }
      expect(await codeOf(store.getBlob("f".repeat(64)))).toBe("blob-missing");
      expect(await codeOf(store.getBlob("../s_1/journal.jsonl"))).toBe("blob-missing");
    });
    test("a list tells every session and how long its journal is", async () => {
      const { store } = make();
      expect(await store.list()).toEqual([]);
      for (const name of ["a", "b"]) {
        const writer = await value(store.create(sessionId(name)));
        await writer.append(0, linesFrom(writer, 1), true);
        await writer.release();
      }
      const listed = await store.list();
      expect(listed.map((one) => one.session).sort()).toEqual(["a", "b"]);
      for (const one of listed)
        expect(one).toMatchObject({ bytes: expect.any(Number), changed: expect.any(Number), folder: expect.stringContaining(one.session) });
      expect(listed[0]?.bytes).toBeGreaterThan(100);
    });
  });
}
