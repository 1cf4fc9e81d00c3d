// The locks that a session holds are not lost through its own tools, and a session whose first line was lost opens.
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { systemClock } from "../../src/base/index.ts";
import { createAgent, type Handler, projectSlug } from "../../src/index.ts";
import { environmentFor, makePlace, serve } from "./support.ts";

const opener = join(import.meta.dirname, "../support/try-lock.ts");
/** What another process is told when it tries the session's lock. */
const tryElsewhere = (folder: string): string => execFileSync(process.execPath, [opener, folder], { encoding: "utf8" }).trim();

test("a read of the session's lock file by its own tool leaves the lock where it is", async () => {
  const place = makePlace();
  const folder = join(place.home, "projects", projectSlug(place.project), "held");
  fs.symlinkSync(folder, place.file("link"));
  const server = await serve([
    {
      reply: [
        { call: "read", input: { path: join(folder, "lock") } },
        { call: "read", input: { path: "link/lock" } },
        { call: "edit", input: { path: join(folder, "lock"), edits: [{ old: "a", new: "b" }] } },
      ],
    },
    { reply: [{ text: "done" }] },
  ]);
  const environment = environmentFor("anthropic", server);
  // bosun's own folder is protected in every mode: somebody says yes, and still it is not opened
  const handler: Handler = { context: "interactive", settle: async () => ({ verdict: "allow", reason: { by: "person" }, holds: "call" }) };
  const model = "anthropic/claude-sonnet-5-5";
  const agent = await createAgent({ cwd: place.project, home: place.home, mode: "bypass", model, environment, handler });
  if (!agent.ok) throw agent.error;
  const started = await agent.value.start("held" as never);
  if (!started.ok) throw started.error;
  expect(tryElsewhere(folder)).toBe("busy");
  expect((await started.value.send("Read it.").end).reason).toBe("answered");
  const results = started.value.session.state.messages.filter((message) => message.role === "tool");
  expect(results.map(({ failed }) => failed)).toEqual([true, true, true]);
  expect(tryElsewhere(folder)).toBe("busy");
  await started.value.release();
  expect(tryElsewhere(folder)).toBe("free");
});

test("a journal that a crash left empty is taken up as a new one", async () => {
  const place = makePlace();
  const server = await serve([{ reply: [{ text: "hello" }] }]);
  const environment = environmentFor("anthropic", server);
  const agent = await createAgent({ cwd: place.project, home: place.home, model: "anthropic/claude-sonnet-5-5", environment, clock: systemClock });
  if (!agent.ok) throw agent.error;
  const folder = join(agent.value.sessionsFolder, "empty");
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(join(folder, "journal.jsonl"), "");
  const resumed = await agent.value.resume("empty" as never);
  if (!resumed.ok) throw resumed.error;
  expect(resumed.value.session.state).toMatchObject({ session: "empty", cwd: place.project });
  expect((await resumed.value.send("Hi.").end).reason).toBe("answered");
  await resumed.value.release();
});

test("no session may be named like the folder of payloads", async () => {
  const { isSessionName } = await import("../../src/base/index.ts");
  expect([isSessionName("blobs"), isSessionName("Blobs"), isSessionName("blobs-2")]).toEqual([false, false, true]);
});
