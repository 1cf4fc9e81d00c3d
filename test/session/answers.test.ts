// The mailbox of answers: one answer to a question counts, whoever comes, and what can't be read is none.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { SessionId } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { createAnswerFolder, type RecordedAnswer } from "../../src/session/answers.ts";

const session = "mine" as SessionId;
const answer = (says: string, verdict: "allow" | "deny" = "allow"): RecordedAnswer => ({
  asking: "q_1",
  verdict,
  says,
  holds: "call",
  at: 1,
  who: "somebody",
});

function box() {
  const folder = fs.mkdtempSync(join(tmpdir(), "bosun-answers-"));
  onTestFinished(() => fs.rmSync(folder, { recursive: true, force: true }));
  fs.mkdirSync(join(folder, session));
  return { folder: join(folder, session, "answers"), answers: createAnswerFolder(nodeDisk, (each) => join(folder, each)) };
}

test("of twenty answers at once one is the first, and all others are told which", async () => {
  const { answers, folder } = box();
  const given = await Promise.all(Array.from({ length: 20 }, (_, index) => answers.put(session, answer(`word ${index}`, index % 2 === 0 ? "allow" : "deny"))));
  const kept = given.flatMap((each) => (each.ok ? [each.value] : []));
  expect(kept).toHaveLength(20);
  expect(kept.filter(({ isFirst }) => isFirst)).toHaveLength(1);
  expect(new Set(kept.map(({ first }) => JSON.stringify(first))).size).toBe(1);
  expect(await answers.get(session, "q_1")).toEqual(kept[0]?.first);
  expect(fs.readdirSync(folder)).toEqual(["q_1.json"]);
  expect(fs.statSync(join(folder, "q_1.json")).mode & 0o777).toBe(0o600);
});

test("what is no answer to that question is none, and is not written over", async () => {
  const { answers, folder } = box();
  fs.mkdirSync(folder);
  for (const text of [
    "",
    "{",
    "[]",
    // a denial that grants, times that can't be told, an input that nobody can walk
    JSON.stringify({ ...answer("", "deny"), rule: "bash", holds: "session" }),
    JSON.stringify(answer("")).replace('"at":1', '"at":1e400'),
    JSON.stringify(answer("")).replace('"at":1', '"at":8640000000000001'),
    `${JSON.stringify(answer("")).slice(0, -1)},"input":${"[".repeat(5000)}${"]".repeat(5000)}}`,
    JSON.stringify({ ...answer("x"), asking: "q_2" }),
    JSON.stringify({ ...answer("x"), verdict: "yes" }),
    "x".repeat(300_000),
  ]) {
    fs.writeFileSync(join(folder, "q_1.json"), text);
    expect(await answers.get(session, "q_1")).toBeNull();
    expect(await answers.put(session, answer("y"))).toMatchObject({ ok: false });
    expect(fs.readFileSync(join(folder, "q_1.json"), "utf8")).toBe(text);
  }
  expect(await answers.get(session, "../q_1")).toBeNull();
  expect(await answers.put(session, { ...answer("y"), asking: "../../q_1" })).toMatchObject({ ok: false });
});
