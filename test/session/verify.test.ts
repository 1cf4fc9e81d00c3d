// Whether a journal is what was written: what a crash leaves, and what somebody changed.
import { appendFileSync, copyFileSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Outcome } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import {
  createFileStore,
  createSession,
  type EntryBody,
  encodeLine,
  findSession,
  firstPrev,
  openIndex,
  openSession,
  type VerifiedJournal,
  verifyJournal,
} from "../../src/session/index.ts";
import { createManualClock } from "../../src/testing/index.ts";
import { answered, appendAll, sessionId, temporaryFolder, turn, user } from "./support.ts";

const clock = createManualClock();
async function value<Value>(outcome: Promise<Outcome<Value>>): Promise<Value> {
  const settled = await outcome;
  if (!settled.ok) throw settled.error;
  return settled.value;
}

async function written(bodies: readonly EntryBody[] = [user("go"), ...turn("1"), ...turn("2"), answered]) {
  const home = join(temporaryFolder(), "home");
  const folder = join(home, "projects", "p");
  const store = createFileStore({ disk: nodeDisk, clock, folder, version: "0.1.0" });
  const session = await value(createSession(store, clock, sessionId("s_one"), { cwd: "/p", root: "/p", version: "0.1.0" }));
  await appendAll(session, bodies);
  await session.release();
  const path = join(folder, "s_one", "journal.jsonl");
  const refresh = async () => {
    const index = await value(openIndex({ home, clock }));
    await value(index.refresh());
    index.close();
  };
  const verify = async (): Promise<VerifiedJournal> => {
    const index = await value(openIndex({ home, clock }));
    const heads = await value(index.heads());
    index.close();
    return value(verifyJournal(await value(findSession(home, "s_one")), heads[0] ?? null));
  };
  const lines = () => readFileSync(path, "utf8").trimEnd().split("\n");
  const put = (all: readonly string[]) => writeFileSync(path, all.map((line) => `${line}\n`).join(""));
  return { home, path, store, refresh, verify, lines, put };
}
const kinds = ({ verdict, problems }: VerifiedJournal) => ({ verdict, found: problems.map(({ kind, line }) => `${kind} ${line}`) });

/** The journal as somebody would write it who knows its form: every checksum and every link is right. */
function rewritten(lines: readonly string[], change: (text: string) => string): string[] {
  let prev = firstPrev;
  return lines.map((line, at) => {
    const { v: _v, seq: _seq, id: _id, ts, prev: _prev, crc: _crc, ...body } = JSON.parse(change(line));
    const { line: made, hash } = encodeLine(body as EntryBody, at, prev, ts);
    prev = hash;
    return made.trimEnd();
  });
}

describe("verifying a journal", () => {
  test("as it was written: whole, before and after it is indexed, and after it grew", async () => {
    const one = await written();
    expect(await one.verify()).toMatchObject({ verdict: "whole", problems: [], remembered: null, lines: 21 });
    await one.refresh();
    expect(await one.verify()).toMatchObject({ verdict: "whole", problems: [], remembered: { seq: 20 } });
    const session = await value(openSession(one.store, clock, sessionId("s_one")));
    await appendAll(session, [user("more"), answered]);
    await session.release();
    expect(await one.verify()).toMatchObject({ verdict: "whole", lines: 23, remembered: { seq: 20 } });
  });
  test("a torn end is no tampering, and is not when it was repaired either", async () => {
    const one = await written();
    await one.refresh();
    const [first = ""] = one.lines();
    for (const torn of [first.slice(0, 80), "\0".repeat(300), `\0\0\0\n\0\0`, '{"v":1,"seq":21,"id":"e_x","ts":1,"type":"us\n']) {
      const whole = readFileSync(one.path);
      appendFileSync(one.path, torn);
      expect(kinds(await one.verify()), JSON.stringify(torn.slice(0, 20))).toEqual({ verdict: "torn", found: ["torn-tail 21"] });
      writeFileSync(one.path, whole);
    }
    appendFileSync(one.path, first.slice(0, 80));
    const session = await value(openSession(one.store, clock, sessionId("s_one")));
    await appendAll(session, [user("more")]);
    await session.release();
    const after = await one.verify();
    expect(after.verdict).toBe("whole");
    await one.refresh();
    expect((await one.verify()).verdict).toBe("whole");
  });
  test("a changed, removed, added or moved line is named, the first of them first", async () => {
    const one = await written();
    const lines = one.lines();
    const cases: readonly (readonly [string, readonly string[], string])[] = [
      ["one character", lines.map((line, at) => (at === 5 ? line.replace("planned", "plannee") : line)), "gap 5"],
      ["a line less", lines.toSpliced(7, 1), "gap 7"],
      ["two lines less", lines.toSpliced(7, 2), "gap 7"],
      ["two lines swapped", lines.with(4, lines[5] ?? "").with(5, lines[4] ?? ""), "gap 4"],
      ["the last one moved", [...lines.slice(0, 10), ...lines.slice(11), lines[10] ?? ""], "gap 10"],
      ["the last one changed", lines.map((line, at) => (at === 20 ? line.replace("done", "dune") : line)), "changed-tail 20"],
      ["rubbish between two", lines.toSpliced(9, 0, "rubbish"), "gap 9"],
      ["a copy of a line at the end", [...lines, lines[3] ?? ""], "changed-tail 21"],
    ];
    for (const [what, all, first] of cases) {
      one.put(all);
      const { verdict, found } = kinds(await one.verify());
      expect({ verdict, first: found[0] }, what).toEqual({ verdict: "changed", first });
    }
  });
  test("a line with a right checksum but another content breaks the chain", async () => {
    const one = await written();
    const lines = one.lines();
    const forged = rewritten(lines, (line) => line.replaceAll("make", "fake"));
    one.put(lines.with(11, forged[11] ?? ""));
    expect(kinds(await one.verify()).verdict).toBe("changed");
    expect(kinds(await one.verify()).found[0]).toMatch(/^broken-chain 1[01]$/);
  });
  test("a journal that was written anew as a whole differs from what the index remembers, also after the index read it again", async () => {
    const one = await written();
    const lines = one.lines();
    one.put(rewritten(lines, (line) => line.replaceAll("make", "fake")));
    expect((await one.verify()).verdict).toBe("whole"); // nobody remembers better
    one.put(lines);
    await one.refresh();
    one.put(rewritten(lines, (line) => line.replaceAll("make", "fake")));
    for (const round of [1, 2]) {
      const found = await one.verify();
      expect(kinds(found), `round ${round}`).toEqual({ verdict: "changed", found: ["rewritten 20"] });
      expect(found.problems[0]?.says).toMatch(/Its line 20 was another one when it was indexed on \d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
      await one.refresh();
    }
  });
  test("that was put in the place of another one is named, whether the index had read it or not", async () => {
    const one = await written();
    const other = await value(createSession(one.store, clock, sessionId("s_two"), { cwd: "/p", root: "/p", version: "0.1.0" }));
    await appendAll(other, [user("go"), ...turn("1"), answered]);
    await other.release();
    copyFileSync(join(one.home, "projects", "p", "s_two", "journal.jsonl"), one.path);
    expect(kinds(await one.verify())).toEqual({ verdict: "changed", found: ["foreign 0"] });
    await one.refresh();
    expect(kinds(await one.verify())).toEqual({ verdict: "changed", found: ["foreign 0"] });
  });
  test("lines that are gone from its end were there when it was indexed", async () => {
    const one = await written();
    await one.refresh();
    const lines = one.lines();
    one.put(lines.slice(0, 15));
    expect(kinds(await one.verify())).toEqual({ verdict: "changed", found: ["shorter 20"] });
    truncateSync(one.path, 0);
    expect((await one.verify()).verdict).toBe("changed");
    await one.refresh();
    expect((await one.verify()).problems[0]?.kind).toBe("shorter");
  });
  test("a payload that stands outside is checked by its hash", async () => {
    const one = await written([user("x".repeat(300_000)), answered]);
    expect((await one.verify()).verdict).toBe("whole");
    const { blob } = JSON.parse(one.lines()[1] ?? "") as { blob: { sha256: string } };
    appendFileSync(join(one.home, "projects/p/blobs", blob.sha256), " ");
    expect(kinds(await one.verify())).toEqual({ verdict: "changed", found: ["payload 1"] });
  });
  test("what a newer bosun wrote, and types of lines that nobody knows, are no tampering", async () => {
    const unknown = { type: "weather", says: "fine" } as unknown as EntryBody;
    const one = await written([user("go"), unknown, { ...unknown, needs: ["weather"] } as unknown as EntryBody, answered]);
    const found = await one.verify();
    expect(kinds(found)).toEqual({ verdict: "whole", found: ["newer 3"] });
    await one.refresh();
    const index = await value(openIndex({ home: one.home, clock }));
    expect(await value(index.query("SELECT session, lines FROM sessions"))).toMatchObject([{ session: "s_one" }]);
    index.close();
  });
});
