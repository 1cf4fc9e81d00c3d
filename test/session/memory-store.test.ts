import { describe, expect, test } from "vitest";
import { createMemoryStore } from "../../src/testing/index.ts";
import { describeStore } from "./store-conformance.ts";
import { journalOf, sessionId, start, user } from "./support.ts";

describeStore("memory store", () => {
  const store = createMemoryStore();
  return {
    store,
    tear: (session, bytes) => store.overwrite(sessionId(session), Buffer.concat([store.journal(sessionId(session)), bytes])),
    dropBlobs() {
      const text = Buffer.from(store.journal(sessionId("s_1"))).toString();
      for (const [, hash] of text.matchAll(/"blob":\{"sha256":"([0-9a-f]{64})"/g)) store.dropBlob(hash ?? "");
    },
  };
});

describe("a lease that ran out", () => {
  test("refuses the old holder and admits another with a higher fence", async () => {
    const store = createMemoryStore();
    const id = sessionId("s_1");
    const created = await store.create(id);
    if (!created.ok) throw created.error;
    const { lines } = journalOf([start(), user("a"), user("b")]);
    const text = lines.map((line) => line.toString());
    await created.value.append(0, text.slice(0, 1), true);
    store.expire(id);
    const opened = await store.open(id, () => undefined);
    if (!opened.ok) throw opened.error;
    expect(opened.value.writer.fence).toBeGreaterThan(created.value.fence);
    await expect(created.value.append(1, text.slice(1, 2), true)).rejects.toMatchObject({ code: "lease-lost" });
    await opened.value.writer.append(1, text.slice(1, 2), true);
    await created.value.release();
    expect((await store.open(id, () => undefined)).ok).toBe(false);
    expect(store.journal(id)).toEqual(Buffer.concat(lines.slice(0, 2)));
  });
});
