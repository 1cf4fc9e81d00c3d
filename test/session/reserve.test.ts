// Space kept beside the journal, so that a full disk does not hide what happened.
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/index.ts";
import { createFileStore, createSession, type EntryBody, openSession, type Session } from "../../src/session/index.ts";
import { createFaultyDisk, type FaultyDisk } from "./faulty-disk.ts";
import { answered, calls, done, executing, planned, reply, request, sessionId, start, step, stepId, temporaryFolder, user } from "./support.ts";

const id = sessionId("s_1");
const effect = { class: "shell", redo: "never" } as const;
const long = "x".repeat(20_000);

interface Scene {
  readonly faulty: FaultyDisk;
  readonly folder: string;
  readonly reserve: string;
  readonly session: Session;
  open(): Promise<Session>;
  lines(): readonly string[];
}

async function makeScene(before: readonly EntryBody[] = upToPlanned): Promise<Scene> {
  const folder = temporaryFolder();
  const faulty = createFaultyDisk();
  const store = createFileStore({ disk: faulty.disk, clock: systemClock, folder: `${folder}/project`, version: "0.1.0" });
  const value = async (opened: ReturnType<typeof createSession>): Promise<Session> => {
    const outcome = await opened;
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  };
  const { type: _type, session: _session, ...beginning } = start() as Extract<EntryBody, { readonly type: "session" }>;
  const session = await value(createSession(store, systemClock, id, beginning));
  for (const body of before) await session.append(body);
  return {
    faulty,
    folder: `${folder}/project/s_1`,
    reserve: `${folder}/project/s_1/reserve`,
    session,
    open: () => value(openSession(store, systemClock, id)),
    lines: () => fs.readFileSync(`${folder}/project/s_1/journal.jsonl`, "utf8").split("\n").slice(0, -1),
  };
}
const upToPlanned: readonly EntryBody[] = [user("go"), request("r_1"), reply("r_1", [calls("c_1", "bash")]), planned("1", "r_1", 0, "bash")];

/** No write to the journal fits unless it needs no more than what the reserve gave back. */
function fill({ faulty, reserve }: Pick<Scene, "faulty" | "reserve">, code = "ENOSPC"): void {
  let left = fs.existsSync(reserve) ? 0 : -1;
  faulty.fault = ({ name, path, bytes }) => {
    if (name === "remove" && path === reserve && left === 0) left = 64 * 1024;
    if (name !== "write") return undefined;
    if (left <= 0) return code;
    const fits = Math.min(bytes, left);
    left -= fits;
    return fits;
  };
}

describe("the reserve", () => {
  test("is there, whole and private, before the line of the first effect; not before, and not for reads", async () => {
    const scene = await makeScene();
    await scene.session.append(
      step({ step: stepId("1"), to: "executing", intent: { class: "read", redo: "safe", argumentsHash: "h", before: [], after: null } }),
    );
    await scene.session.append(done("1", "read"));
    expect(fs.existsSync(scene.reserve)).toBe(false);
    const other = await makeScene();
    expect(fs.existsSync(other.reserve)).toBe(false);
    let isThere = false;
    other.faulty.fault = ({ name, path }) => {
      if (name === "write" && path.endsWith("journal.jsonl")) isThere = fs.existsSync(other.reserve) && fs.statSync(other.reserve).size === 65_536;
      return undefined;
    };
    await other.session.append(executing("1", effect));
    expect(isThere).toBe(true);
    const stat = fs.statSync(other.reserve);
    expect(stat.mode & 0o777).toBe(0o600);
    const descriptor = fs.openSync(other.reserve, "r+");
    fs.fsyncSync(descriptor);
    fs.closeSync(descriptor);
    expect(fs.statSync(other.reserve).blocks * 512).toBeGreaterThanOrEqual(65_536);
  });

  test("goes when the session is let go; one that a killed process left is used by the next", async () => {
    const scene = await makeScene();
    await scene.session.append(executing("1", effect));
    const kept = fs.readFileSync(scene.reserve);
    await scene.session.release();
    expect(fs.existsSync(scene.reserve)).toBe(false);
    fs.writeFileSync(scene.reserve, kept, { mode: 0o600 });
    const again = await scene.open();
    const from = scene.faulty.operations.length;
    await again.append(step({ step: stepId("1"), to: "unknown", why: "x" }));
    await again.append(step({ step: stepId("1"), to: "reconciled", verdict: "unknown", evidence: [], result: { parts: [], failed: true } }));
    await again.append(request("r_2"));
    await again.append(reply("r_2", [calls("c_2", "bash")]));
    await again.append(planned("2", "r_2", 0, "bash"));
    await again.append(executing("2", effect));
    expect(scene.faulty.operations.slice(from).filter(({ name, path }) => name === "write" && path === scene.reserve)).toEqual([]);
    expect(fs.readFileSync(scene.reserve).equals(kept)).toBe(true);
    await again.release();
  });

  test("is not missed where there is no room for it", async () => {
    const scene = await makeScene();
    scene.faulty.fault = ({ name, path }) => (name === "write" && path === scene.reserve ? "ENOSPC" : undefined);
    await scene.session.append(executing("1", effect));
    await scene.session.append(done("1", "ran"));
    expect(fs.existsSync(scene.reserve)).toBe(false);
    expect(scene.lines().at(-1)).toContain('"to":"done"');
  });
});

describe("on a full disk", () => {
  test("what had begun is recorded, durably and once; nothing else is written after it, and the reason says so", async () => {
    const scene = await makeScene();
    await scene.session.append(executing("1", effect));
    fill(scene);
    await scene.session.append(done("1", long));
    expect(fs.existsSync(scene.reserve)).toBe(false);
    const journal = scene.faulty.operations.filter(({ path }) => path.endsWith("journal.jsonl"));
    expect(journal.at(-1)?.name).toBe("sync");
    const before = scene.lines();
    await expect(scene.session.append(request("r_2"))).rejects.toThrow(/disk is full.*What had begun is recorded.*Free space/);
    await expect(scene.session.append(answered)).rejects.toThrow("disk is full");
    expect(scene.lines()).toEqual(before);
    await scene.session.release();
    scene.faulty.fault = () => undefined;
    const again = await scene.open();
    expect(again.findings).toEqual([]);
    expect(again.state.steps.get(stepId("1"))).toMatchObject({ state: "done", result: { parts: [{ text: long }] } });
    await again.release();
  });

  test("lines that come between an effect's beginning and its end are part of its record", async () => {
    const scene = await makeScene();
    await scene.session.append(executing("1", effect));
    fill(scene);
    await scene.session.append({ type: "process", process: { step: stepId("1"), pid: 1, group: 1, started: null } });
    await scene.session.append(step({ step: stepId("1"), to: "unknown", why: "x" }));
    await scene.session.append(step({ step: stepId("1"), to: "reconciled", verdict: "unknown", evidence: [], result: { parts: [], failed: true } }));
    await expect(scene.session.append(answered)).rejects.toThrow("disk is full");
    expect(scene.lines().at(-1)).toContain('"to":"reconciled"');
  });

  test("an effect does not begin: its own line has no right to the reserve", async () => {
    const scene = await makeScene();
    fill({ ...scene, reserve: "nowhere" });
    await expect(scene.session.append(executing("1", effect))).rejects.toThrow("disk is full");
    expect(scene.lines().at(-1)).toContain('"to":"planned"');
  });

  test("that takes half a line first, the line goes on where it stopped", async () => {
    const scene = await makeScene();
    await scene.session.append(executing("1", effect));
    let writes = 0;
    scene.faulty.fault = ({ name, path }) => {
      if (name !== "write" || !path.endsWith("journal.jsonl")) return undefined;
      writes += 1;
      return writes === 1 ? 7000 : writes === 2 ? "ENOSPC" : undefined;
    };
    await scene.session.append(done("1", long));
    expect(JSON.parse(scene.lines().at(-1) ?? "")).toMatchObject({ type: "step", change: { to: "done" } });
    await scene.session.release();
    expect((await scene.open()).findings).toEqual([]);
  });
});

test.each(["EIO", "EPERM"])("a disk that says %s is another matter: the reserve stays, and nothing more is written", async (code) => {
  const scene = await makeScene();
  await scene.session.append(executing("1", effect));
  fill(scene, code);
  const before = scene.lines();
  await expect(scene.session.append(done("1", "ran"))).rejects.toThrow("journal cannot be written");
  expect(fs.existsSync(scene.reserve)).toBe(true);
  expect(scene.lines()).toEqual(before);
});

test("a session that is let go twice closes its file once: by then the descriptor's number may be somebody else's", async () => {
  const scene = await makeScene();
  await scene.session.release();
  const others = Array.from({ length: 8 }, () => fs.openSync(`${scene.folder}/journal.jsonl`, "r"));
  await scene.session.release();
  for (const descriptor of others) expect(() => fs.fstatSync(descriptor)).not.toThrow();
  for (const descriptor of others) fs.closeSync(descriptor);
});
