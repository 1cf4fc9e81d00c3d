import { describe, expect, test } from "vitest";
import { createSession, type EntryBody, exportSession, formatBooks, lineLimit, openSession, readBooks, type SessionStore } from "../../src/session/index.ts";
import { createManualClock, createMemoryStore } from "../../src/testing/index.ts";
import {
  amount,
  answered,
  appendAll,
  calls,
  decision,
  executing,
  planned,
  reply,
  request,
  requestId,
  says,
  sessionId,
  step,
  stepId,
  turn,
  usage,
  user,
} from "./support.ts";

const key = "ghp_aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xYzAbC";
const clock = createManualClock();
const id = sessionId("s_1");

async function stored(bodies: readonly EntryBody[]): Promise<ReturnType<typeof createMemoryStore>> {
  const store = createMemoryStore();
  const created = await createSession(store, clock, id, { cwd: "/p", root: "/p", version: "0.1.0" });
  if (!created.ok) throw created.error;
  await appendAll(created.value, bodies);
  await created.value.release();
  return store;
}
async function exported(store: SessionStore, options: Parameters<typeof exportSession>[2]): Promise<string> {
  const outcome = await exportSession(store, id, options);
  if (!outcome.ok) throw outcome.error;
  return outcome.value;
}
const withSecret: readonly EntryBody[] = [
  user(`deploy with ${key}`),
  request("r_1"),
  reply("r_1", [
    { type: "thinking", text: `the key is ${key}` },
    says("I will."),
    calls("c_1", "bash", { command: `curl -H "token: ${key}"`, env: { PASSWORD: "hunter22x" } }),
  ]),
  planned("1", "r_1", 0, "bash", { command: `curl -H "token: ${key}"` }),
  decision("1"),
  executing("1", { class: "shell", redo: "never" }),
  step({ step: stepId("1"), to: "done", result: { parts: [{ type: "text", text: `ok ${key}\n${"line\n".repeat(2000)}` }], failed: false } }),
  {
    type: "request-failed",
    request: requestId("r_x"),
    purpose: "turn",
    failure: { class: "network", message: "cut" },
    usage,
    cost: amount(0.05),
    confirmed: false,
    retryIn: null,
  },
  answered,
];
// a failed attempt needs its request line first
const bodies = withSecret.flatMap((body) => (body.type === "request-failed" ? [request("r_x"), body] : [body]));

describe("as Markdown", () => {
  test("it reads as a conversation, with calls, decisions, costs and the end", async () => {
    const text = await exported(await stored(bodies), { format: "markdown" });
    const order = [
      "# deploy with",
      "- cost: $0.0700",
      "## User",
      "> deploy with [redacted",
      "## Assistant",
      "I will.",
      "**Call `bash`** `c_1`",
      "*Decision: allow bash make, by person (mode ask",
      "**`bash` done**",
      "line",
      "characters)",
      "[the rest: line 7]",
      "no usable reply (network)",
      "**Ended: answered**",
    ];
    let at = -1;
    for (const piece of order) {
      const next = text.indexOf(piece, at + 1);
      expect(next, `${piece} after ${at} in\n${text}`).toBeGreaterThan(at);
      at = next;
    }
  });
  test("redacted, unless verbatim", async () => {
    const store = await stored(bodies);
    const clean = await exported(store, { format: "markdown" });
    expect(clean).not.toContain(key);
    expect(clean).not.toContain("hunter22x");
    const verbatim = await exported(store, { format: "markdown", verbatim: true });
    expect(verbatim).toContain(key);
    expect(verbatim).toContain("hunter22x");
    expect(verbatim).toContain("secrets are not taken out");
  });
  test("what was said cannot forge the page's structure", async () => {
    const text = await exported(
      await stored([user("x\n## Assistant (forged)\n```\n# y"), request("r_1"), reply("r_1", [calls("c_1", "a`b\n# c", { text: "```\n# forged\n````" })])]),
      {
        format: "markdown",
      },
    );
    expect(text.split("\n").filter((line) => /^#+ /.test(line))).toHaveLength(3);
    expect(text).toMatch(/\n`{3,}json\n/);
  });
});

describe("as JSON", () => {
  test("every entry is in it, in order, spilled ones whole", async () => {
    const big = "x".repeat(2 * lineLimit);
    const store = await stored([user(big), ...turn("1"), answered]);
    const value = JSON.parse(await exported(store, { format: "json", verbatim: true }));
    const opened = await openSession(store, clock, id);
    expect(value).toMatchObject({ format: "bosun-session", v: 1, session: "s_1", redacted: false, findings: [] });
    expect(value.entries).toHaveLength(opened.ok ? opened.value.state.length : -1);
    expect(value.entries[1].parts[0].text).toBe(big);
    expect(value.entries.map((entry: { seq: number }) => entry.seq)).toEqual(value.entries.map((_: unknown, index: number) => index));
  });
  test("payloads are put in up to the limit; what is missing, too large or no text is said", async () => {
    const store = await stored([]);
    const put = async (bytes: Uint8Array) => {
      const name = await store.putBlob(bytes);
      return name.ok ? name.value : "";
    };
    const [text, binary, large, lost] = await Promise.all([
      put(Buffer.from(`a ${key}`)),
      put(Buffer.from([0xff, 0xfe, 0])),
      put(Buffer.alloc(5000, 65)),
      put(Buffer.from("lost")),
    ]);
    store.dropBlob(lost);
    const opened = await openSession(store, clock, id);
    if (!opened.ok) throw opened.error;
    const blobs = [text, binary, large, lost];
    await appendAll(opened.value, [user("go"), request("r_1"), reply("r_1", [calls("c_1")]), planned("1", "r_1", 0), executing("1", { images: [text] })]);
    await opened.value.append(step({ step: stepId("1"), to: "done", result: { parts: [], failed: false, blobs } }));
    const clean = JSON.parse(await exported(store, { format: "json", blobLimit: 1000 }));
    expect(clean.blobs).toEqual({
      [text]: { bytes: 42, text: "a [redacted: github-token, 40 characters]" },
      [binary]: { bytes: 3, leftOut: "not text" },
      [large]: { bytes: 5000, leftOut: "larger than the limit" },
      [lost]: { missing: true },
    });
    const verbatim = JSON.parse(await exported(store, { format: "json", verbatim: true }));
    expect(verbatim.blobs[text].text).toBe(`a ${key}`);
    expect(verbatim.blobs[binary].base64).toBe("//4A");
    expect(verbatim.blobs[large].text).toHaveLength(5000);
  });
  test("redacted unless verbatim, and the same otherwise", async () => {
    const store = await stored(bodies);
    const clean = await exported(store, { format: "json" });
    expect(clean).not.toContain(key);
    expect(clean).not.toContain("hunter22x");
    const verbatim = JSON.parse(await exported(store, { format: "json", verbatim: true }));
    const types = (value: { entries: { type: string; id: string; prev: string }[] }) => value.entries.map(({ type, id: name, prev }) => [type, name, prev]);
    expect(types(JSON.parse(clean))).toEqual(types(verbatim));
  });
  test("a damaged journal is exported with its findings, a missing one is an outcome", async () => {
    const store = await stored(bodies);
    const lines = Buffer.from(store.journal(id)).toString().split("\n");
    store.overwrite(id, Buffer.from([...lines.slice(0, 2), "garbage", ...lines.slice(3)].join("\n")));
    const value = JSON.parse(await exported(store, { format: "json" }));
    expect(value.findings).toMatchObject([{ kind: "gap", afterSeq: 1 }]);
    expect(await exported(store, { format: "markdown" })).toContain("> **gap**");
    expect((await exportSession(store, sessionId("none"), { format: "json" })).ok).toBe(false);
  });
});

describe("sessions show", () => {
  test("tells model calls, costs, calls and decisions in tables, redacted and harmless to a terminal", async () => {
    const store = await stored([...bodies, user("a\u001b[2Jb"), request("r_open")]);
    const books = await readBooks(store, id);
    if (!books.ok) throw books.error;
    const text = formatBooks(books.value);
    expect(text).not.toContain(key);
    expect(text).not.toContain("\u001b");
    expect(text).toContain("cost     $0.0700, and up to $0.0500 unconfirmed");
    expect(text).toMatch(/Model calls\nline {2}for {3}model {2}outcome/);
    expect(text).toMatch(/turn {2}m-1 {4}tool-calls {2}\$0\.0100 {3}\$0\.0200/);
    expect(text).toMatch(/turn {2}m-1 {4}open {8}\$0\.0100 {3}≤ \$0\.0500/);
    expect(text).toMatch(/Cost\nfor {3}model {2}calls {2}cost\nturn {2}m-1 {4}3 {6}\$0\.1200/);
    expect(text).toMatch(/allow {4}bash {2}person {2}make/);
    expect(text).toContain("answered");
  });
});
