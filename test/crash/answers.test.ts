// Approvals from another process: whoever dies at whatever point between mailbox, decision and intent, the answer is neither lost
// nor carried out twice.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type SessionId, systemClock } from "../../src/base/index.ts";
import { type Disk, nodeDisk } from "../../src/exec/index.ts";
import { createAgent } from "../../src/index.ts";
import { answerQuestion, createFileStore, type RecordedAnswer, readQuestions, type SessionStore } from "../../src/session/index.ts";
import { startModelServer } from "../../src/testing/index.ts";
import { call, collect, done, environmentFor, modelFor, readJournal, says, statelessScript, toolOf } from "../agent/support.ts";
import { createFaultDisk, type Fault } from "./fault-disk.ts";
import { deathsAt, everyNth } from "./sweep.ts";

vi.setConfig({ testTimeout: 60_000 });

interface Lives {
  readonly asking?: Fault | null;
  readonly answering?: Fault | null;
  readonly resuming?: Fault | null;
}
const session = "s_answers" as SessionId;

/** What was told to the person: "recorded" is a promise. */
async function answerOn(store: SessionStore, verdict: "allow" | "deny"): Promise<"recorded" | "died" | "nothing is open"> {
  try {
    const read = await readQuestions(store, session);
    const open = read.ok ? read.value.questions.find(({ stands }) => stands === "open") : undefined;
    if (!open) return read.ok ? "nothing is open" : "died";
    const letter: RecordedAnswer = { asking: open.asking, verdict, holds: "call", at: 1, who: "someone" };
    const answered = await answerQuestion(store, systemClock, open, letter);
    return answered.ok ? "recorded" : "died";
  } catch {
    return "died";
  }
}

/** A process asks, another one answers, a third goes on; each may die; then sound ones do what is left. */
async function live(lives: Lives, verdict: "allow" | "deny") {
  const place = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-answers-")));
  const [project, home] = [join(place, "project"), join(place, "home")];
  fs.mkdirSync(project);
  const server = await startModelServer({ script: statelessScript("anthropic", [[call("send", { to: "a" })], done.reply]) });
  const effects: string[] = [];
  let folder = "";
  const points: Record<string, readonly unknown[]> = {};
  const act = async (disk: Disk): Promise<string> => {
    const send = toolOf("send", "network", () => says(effects.push("sent") > 0 ? "sent" : ""));
    const agent = await createAgent({
      cwd: project,
      home,
      mode: "ask",
      model: modelFor("anthropic"),
      environment: environmentFor("anthropic", server),
      tools: [send],
      disk,
    });
    if (!agent.ok) throw agent.error;
    folder = agent.value.sessionsFolder;
    const known = fs.existsSync(join(folder, session, "journal.jsonl"));
    const opened = known ? await agent.value.resume(session) : await agent.value.start(session);
    if (!opened.ok) return opened.error.code;
    try {
      const fresh = opened.value.session.state.messages.length === 0 && opened.value.session.state.pending.length === 0;
      return (await collect(opened.value.send(fresh ? "go" : null))).end.reason;
    } catch {
      return "died";
    } finally {
      await opened.value.release().catch(() => undefined);
    }
  };
  const answer = (disk: Disk) => answerOn(createFileStore({ disk, clock: systemClock, folder, version: "0" }), verdict);
  try {
    const disks = (["asking", "answering", "resuming"] as const).map((name) => createFaultDisk(nodeDisk, lives[name] ?? null));
    const [first, second, third] = disks as [Disk & (typeof disks)[number], (typeof disks)[number], (typeof disks)[number]];
    await act(first);
    if (first.dead) await act(nodeDisk);
    const told = await answer(second);
    await act(third);
    const ends: string[] = [];
    // a promise that was made needs no second one
    for (let again = 0; again < 3; again += 1) {
      ends.push(await act(nodeDisk));
      if (ends.at(-1) !== "awaiting") break;
      if (told === "recorded" && !third.dead) throw new Error(`asked again after ${JSON.stringify(lives)}`);
      await answer(nodeDisk);
    }
    const journal = readJournal(join(folder, session, "journal.jsonl"));
    for (const [name, disk] of [
      ["asking", first],
      ["answering", second],
      ["resuming", third],
    ] as const)
      points[name] = disk.points;
    return {
      points: points as Record<keyof Lives, Parameters<typeof deathsAt>[0]>,
      told,
      sent: effects.length,
      end: ends.at(-1),
      decisions: journal.flatMap((entry) => (entry.type === "decision" ? [entry.decision.verdict] : [])),
      questions: journal.filter((entry) => entry.type === "step" && entry.change.to === "awaiting-approval").length,
      verdicts: journal.flatMap((entry) => (entry.type === "step" && entry.change.to === "reconciled" ? [entry.change.verdict] : [])),
    };
  } finally {
    await server.close();
    fs.rmSync(place, { recursive: true, force: true });
  }
}

test.each(["allow", "deny"] as const)("%s: at every operation of the process that answers, and of the one that goes on", async (verdict) => {
  const sound = await live({}, verdict);
  const once = verdict === "allow" ? 1 : 0;
  expect(sound).toMatchObject({ told: "recorded", sent: once, end: "answered", decisions: [verdict], questions: 1 });
  expect(sound.points.answering.some(({ name }) => name === "link")).toBe(true);
  let deaths = 0;
  for (const who of ["answering", "resuming"] as const) {
    // all of them where an answer is recorded; a slice of the rest, which the sweep of the walk goes through
    const step = verdict === "deny" ? 5 : who === "answering" ? 1 : 3;
    for (const fault of everyNth(deathsAt(sound.points[who]), step)) {
      const lived = await live({ [who]: fault }, verdict);
      const about = { who, fault, at: sound.points[who][fault.at - 1] };
      deaths += 1;
      // done once, or not known to be: said, and never done again by itself
      expect({ ...about, sent: lived.sent }).toEqual({ ...about, sent: lived.verdicts.includes("unknown") ? expect.toBeOneOf([0, once]) : once });
      expect({ ...about, end: lived.end }).toEqual({ ...about, end: "answered" });
      expect({ ...about, decisions: lived.decisions }).toEqual({ ...about, decisions: [verdict] });
      // a promise that was made is kept: nobody is asked again
      if (lived.told === "recorded") expect({ ...about, questions: lived.questions }).toEqual({ ...about, questions: 1 });
    }
  }
  expect(deaths).toBeGreaterThan(verdict === "allow" ? 40 : 15);
});
