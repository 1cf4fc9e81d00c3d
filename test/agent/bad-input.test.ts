// What the world can do to a run before it begins and while it reads: a clear error with the next move, nothing lost.
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { createAgent } from "../../src/index.ts";
import { createFileStore, readSession } from "../../src/session/index.ts";
import { bash, call, done, edit, entriesOf, environmentFor, eventsOf, makePlace, makeScene, play, read, serve, text, toldOf, wires } from "./support.ts";

describe("what a tool is pointed at", () => {
  test("a file of a gigabyte is read in bounded memory, quickly, in part, and the model is told how to go on", async () => {
    const scene = await play([{ reply: [read("huge.log")] }, done], {}, (place) => {
      place.write("huge.log", "first line\nsecond line\n");
      fs.truncateSync(place.file("huge.log"), 1024 ** 3);
    });
    const before = process.memoryUsage.rss();
    const from = performance.now();
    const { end } = await scene.run("go");
    expect(end).toEqual({ reason: "answered", text: "done" });
    expect(performance.now() - from).toBeLessThan(3000);
    expect(process.memoryUsage.rss() - before).toBeLessThan(100 * 1024 ** 2);
    expect(scene.server.requests[1]?.bytes).toBeLessThan(100_000);
    expect(toldOf(scene)[0]?.text.length).toBeGreaterThan(20);
  });

  test("a file outside the project is asked for before a byte of it is read", async () => {
    const scene = await play([{ reply: [read("../secret.txt")] }, done], { mode: "accept-edits" }, (place) =>
      fs.writeFileSync(join(dirname(place.project), "secret.txt"), "unseen-words\n"),
    );
    const { end, events } = await scene.run("go");
    expect(end).toMatchObject({ reason: "awaiting", steps: [{ tool: "read", subject: "../secret.txt" }] });
    expect(eventsOf(events, "approval-asked")[0]?.because).toMatchObject({ by: "fact", says: expect.stringContaining("outside the project") });
    expect(fs.readFileSync(scene.journalPath, "utf8")).not.toContain("unseen-words");
  });

  test("a link that leads out is judged by where it leads, for read, edit and write", async () => {
    const scene = await play(
      [{ reply: [read("link.txt"), edit("link.txt", "hidden", "changed"), call("write", { path: "folder/new.txt", content: "x" })] }, done],
      { mode: "accept-edits" },
      (place) => {
        const outside = dirname(place.project);
        fs.writeFileSync(join(outside, "secret.txt"), "hidden\n");
        fs.mkdirSync(join(outside, "elsewhere"));
        fs.symlinkSync("../secret.txt", place.file("link.txt"));
        fs.symlinkSync("../elsewhere", place.file("folder"));
      },
    );
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "awaiting", steps: [{ tool: "read" }, { tool: "edit" }, { tool: "write" }] });
    const outside = dirname(scene.place.project);
    expect(fs.readFileSync(join(outside, "secret.txt"), "utf8")).toBe("hidden\n");
    expect(fs.readdirSync(join(outside, "elsewhere"))).toEqual([]);
  });

  test("a link that is put in a file's place after the question is not written through", async () => {
    const scene = await play(
      [{ reply: [edit("a.txt", "old", "new")] }, done],
      {
        mode: "ask",
        handler: {
          context: "interactive",
          settle: async () => {
            fs.rmSync(scene.place.file("a.txt"));
            fs.symlinkSync("../secret.txt", scene.place.file("a.txt"));
            return { verdict: "allow", reason: { by: "person" }, holds: "call" };
          },
        },
      },
      (place) => {
        place.write("a.txt", "old\n");
        fs.writeFileSync(join(dirname(place.project), "secret.txt"), "old\n");
      },
    );
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    expect(fs.readFileSync(join(dirname(scene.place.project), "secret.txt"), "utf8")).toBe("old\n");
    expect(toldOf(scene)[0]).toMatchObject({ failed: true, text: expect.stringContaining("link") });
  });

  test("a pipe, a device, a folder, a binary, an empty name: told what it is; nothing hangs", async () => {
    const scene = await play([{ reply: [read("pipe"), read("/dev/zero"), read("."), read("binary"), read("gone.txt"), bash("exit 7")] }, done], {}, (place) => {
      execFileSync("mkfifo", [place.file("pipe")]);
      fs.writeFileSync(place.file("binary"), Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0, 0, 0, 0]));
    });
    expect((await scene.run("go")).end).toEqual({ reason: "answered", text: "done" });
    const told = toldOf(scene);
    expect(told.map((one) => one.failed)).toEqual([true, true, true, true, true, true]);
    expect(told.map((one) => one.text)).toEqual([
      expect.stringContaining("pipe"),
      expect.stringContaining("device"),
      expect.stringContaining("folder"),
      expect.stringContaining("not text"),
      expect.stringContaining("no file"),
      expect.stringContaining("exit code 7"),
    ]);
  });
});

describe("where a session starts", () => {
  const failing = async (options: Parameters<typeof createAgent>[0]) => {
    const agent = await createAgent(options);
    if (agent.ok) throw new Error("it was made");
    return agent.error;
  };

  test("a folder that does not exist, a file, one that may not be entered: which, why, what to do", async () => {
    const place = makePlace();
    place.write("file", "");
    const base = { home: place.home, model: "anthropic/claude-sonnet-5-5", environment: { ANTHROPIC_API_KEY: "k" } };
    for (const cwd of [place.file("missing"), place.file("file")]) {
      const error = await failing({ ...base, cwd });
      expect(error.code).toBe("folder-unreadable");
      expect(error.message).toContain(cwd);
      expect(error.message).toContain("--cwd");
    }
  });

  test("a project that is no repository works; its root is the folder", async () => {
    const scene = await play([done]);
    expect((await scene.run("go")).end.reason).toBe("answered");
    expect(scene.conversation.session.state.root).toBe(scene.place.project);
  });

  test("a folder below a repository's top: the top is the root, the folder is where calls run", async () => {
    const place = makePlace();
    fs.mkdirSync(join(place.project, "sub"));
    execFileSync("git", ["init", "-q", place.project]);
    const scene = await makeScene(place, await serve([{ reply: [bash("pwd"), read("../top.txt")] }, done]), { cwd: join(place.project, "sub") });
    place.write("top.txt", "top\n");
    expect((await scene.run("go")).end.reason).toBe("answered");
    expect(scene.conversation.session.state.root).toBe(place.project);
    expect(toldOf(scene).map((one) => one.text)).toEqual([join(place.project, "sub"), "1\ttop"]);
  });

  test("a folder that may not be listed: the working folder is refused with the reason, one below it is told to the model", async (context) => {
    const place = makePlace();
    fs.mkdirSync(place.file("locked"));
    fs.writeFileSync(join(place.file("locked"), "a.txt"), "x");
    const server = await serve([{ reply: [read("locked/a.txt")] }, done]);
    // the superuser may read everything: then this is tried as nobody
    const isRoot = process.getuid?.() === 0;
    for (const path of [dirname(place.project), place.project]) fs.chmodSync(path, 0o777);
    fs.chmodSync(place.file("locked"), 0o000);
    const run = (cwd: string) => {
      const options = {
        project: cwd,
        home: place.home,
        session: "s",
        input: "go",
        model: "anthropic/claude-sonnet-5-5",
        environment: environmentFor("anthropic", server),
      };
      const child = join(import.meta.dirname, "../end-to-end/child.ts");
      return new Promise<{ readonly output: string; readonly error: string }>((resolve) => {
        execFile(process.execPath, [child, JSON.stringify(options)], { cwd: "/", ...(isRoot ? { uid: 65534, gid: 65534 } : {}) }, (_error, output, error) =>
          resolve({ output, error }),
        );
      });
    };
    const refused = await run(place.file("locked"));
    if (/EACCES.*(child\.ts|node_modules)/.test(refused.error)) return context.skip("the checkout is not readable for nobody");
    expect(refused.error).toMatch(/folder-unreadable|cannot be read: EACCES/);
    expect(refused.error).toContain("--cwd");
    expect(server.requests).toHaveLength(0);
    const ran = await run(place.project);
    expect(ran.output).toContain('"reason":"answered"');
    expect(JSON.stringify(server.requests[1]?.json)).toContain("permission");
  });

  test("an unknown model, an unknown provider, a missing key: what was meant, where to set it", async () => {
    const place = makePlace();
    const base = { cwd: place.project, home: place.home };
    const key = { ANTHROPIC_API_KEY: "k" };
    const unknown = await failing({ ...base, model: "antropic/claude-sonnet-5-5", environment: key });
    expect(unknown.code).toBe("model-unknown");
    expect(unknown.message).toContain("anthropic");
    const keyless = await failing({ ...base, model: "anthropic/claude-sonnet-5-5", environment: {} });
    expect(keyless.code).toBe("key-missing");
    expect(keyless.message).toContain("ANTHROPIC_API_KEY");
  });

  test.each(wires)("a model that the provider does not know ends the run at once (%s)", async (wire) => {
    const place = makePlace();
    const server = await serve({ name: "models", models: [{ id: "another" }], turns: [done] });
    const scene = await makeScene(place, server, { wire });
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", attempts: 1, failure: { class: "refused", status: wire === "responses" ? 400 : 404 } });
    if (end.reason === "model-error") expect(end.failure.message).toContain("Check the model's name");
  });

  test("a rule that cannot be read: no agent is made, since a deny rule may be missing", async () => {
    const place = makePlace();
    const error = await failing({
      cwd: place.project,
      home: place.home,
      model: "anthropic/claude-sonnet-5-5",
      environment: { ANTHROPIC_API_KEY: "k" },
      rules: [{ text: "bash(rm", verdict: "deny", source: "settings.json:4" }],
    });
    expect(error.code).toBe("settings-malformed");
    expect(error.message).toContain("settings.json:4");
  });

  test("nobody listens: the address, the reason, and that nothing was done", async () => {
    const place = makePlace();
    const server = await serve([done]);
    const scene = await makeScene(place, server, { retries: { tries: 2, totalMilliseconds: 1000, baseMilliseconds: 1, capMilliseconds: 1 } });
    await server.close();
    const { end } = await scene.run("go");
    expect(end).toMatchObject({ reason: "model-error", attempts: 2, failure: { class: "network" } });
    if (end.reason === "model-error") expect(end.failure.message).toMatch(/127\.0\.0\.1.*(ECONNREFUSED|start the server)/);
  });
});

describe("a session that cannot be had", () => {
  test("one that another conversation writes to is busy, with the pid, and is not touched", async () => {
    const scene = await play([done]);
    await scene.run("go");
    const bytes = fs.readFileSync(scene.journalPath, "utf8");
    const other = await createAgent({
      cwd: scene.place.project,
      home: scene.place.home,
      model: "anthropic/claude-sonnet-5-5",
      environment: environmentFor("anthropic", scene.server),
    });
    if (!other.ok) throw other.error;
    const opened = await other.value.resume(scene.conversation.session.id);
    if (opened.ok) throw new Error("it was opened");
    expect(opened.error.code).toBe("session-busy");
    expect(opened.error.retryable).toBe(true);
    expect(opened.error.message).toContain(`pid ${process.pid}`);
    expect(fs.readFileSync(scene.journalPath, "utf8")).toBe(bytes);
    await scene.conversation.release();
    const freed = await other.value.resume(scene.conversation.session.id);
    if (!freed.ok) throw freed.error;
    // a second release of the first one does not take the lock from its new holder
    await scene.conversation.release();
    const third = await other.value.resume(scene.conversation.session.id);
    expect(third.ok ? "opened" : third.error.code).toBe("session-busy");
    await freed.value.release();
  });

  test("one that does not exist, one that is no journal, one from a newer version: three different errors, nothing changed", async () => {
    const scene = await play([done]);
    await scene.run("go");
    await scene.conversation.release();
    const folder = dirname(dirname(scene.journalPath));
    const put = (name: string, content: string | Uint8Array) => {
      fs.mkdirSync(join(folder, name), { recursive: true });
      fs.writeFileSync(join(folder, name, "journal.jsonl"), content);
    };
    put("binary", Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919) % 256)));
    put("page", "<html>\n<body>\n");
    const lines = fs.readFileSync(scene.journalPath, "utf8").trimEnd().split("\n");
    const { crc32 } = process.getBuiltinModule("node:zlib");
    const covered = (lines[0] ?? "").replace('"v":1', '"v":9').replace(/,"crc":"[0-9a-f]{8}"\}$/, "");
    put("newer", `${covered},"crc":"${crc32(covered).toString(16).padStart(8, "0")}"}\n${lines.slice(1).join("\n")}\n`);
    const agent = await createAgent({
      cwd: scene.place.project,
      home: scene.place.home,
      model: "anthropic/claude-sonnet-5-5",
      environment: environmentFor("anthropic", scene.server),
    });
    if (!agent.ok) throw agent.error;
    for (const [name, code] of Object.entries({ missing: "session-missing", binary: "journal-damaged", page: "journal-damaged", newer: "session-newer" })) {
      const path = join(folder, name, "journal.jsonl");
      const before = fs.existsSync(path) ? fs.readFileSync(path) : null;
      const opened = await agent.value.resume(name as never);
      expect(opened.ok ? "opened" : opened.error.code, name).toBe(code);
      if (before) expect(fs.readFileSync(path).equals(before), `${name} was changed`).toBe(true);
    }
    const again = await agent.value.start(scene.conversation.session.id);
    expect(again.ok ? "made" : again.error.code).toBe("session-exists");
    // one that is newer can still be read
    const store = createFileStore({ disk: nodeDisk, clock: systemClock, folder, version: "0" });
    expect((await readSession(store, "newer" as never)).ok).toBe(true);
  });

  test("a home that cannot be written: no session is made, and the message says where", async () => {
    const place = makePlace();
    fs.writeFileSync(place.home, "a file where the folder should be");
    const server = await serve([done]);
    const agent = await createAgent({
      cwd: place.project,
      home: place.home,
      model: "anthropic/claude-sonnet-5-5",
      environment: environmentFor("anthropic", server),
    });
    if (!agent.ok) return expect(agent.error.message).toContain(place.home);
    const started = await agent.value.start();
    expect(started.ok ? "started" : started.error.code).toBe("journal-failed");
    if (!started.ok) expect(started.error.message).toContain(place.home);
  });
});

test("a prompt of a megabyte is kept whole, and a resume sends it again byte for byte", async () => {
  const prompt = 'A sentence with ünïcode 🚢 and "quotes".\n'.repeat(12_000);
  const scene = await play([{ reply: [text("one")] }, { reply: [text("two")] }], { model: "anthropic/claude-sonnet-5-5" });
  expect((await scene.run(prompt)).end).toMatchObject({ reason: "answered" });
  expect(entriesOf(scene.journal(), "session")).toHaveLength(1);
  const again = await scene.resume();
  expect((await again.run("and?")).end).toEqual({ reason: "answered", text: "two" });
  expect(JSON.stringify(again.server.requests[1]?.json)).toContain(JSON.stringify(prompt).slice(1, -1));
});
