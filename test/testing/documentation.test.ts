import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import type { JsonObject } from "../../src/base/index.ts";
import { checkScript, parseScript } from "../../src/testing/index.ts";

const page = readFileSync(new URL("../../docs/model-server.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/```json\n([\s\S]*?)```/g)].map((match) => match[1] as string);

it("shows scripts that are scripts", () => {
  expect(examples.length).toBeGreaterThanOrEqual(4);
  for (const example of examples) expect(parseScript(example)).toMatchObject({ ok: true });
});

it("has a row for each kind of fault, written so that it can be copied", () => {
  const wrong = checkScript({ name: "x", turns: [{ reply: [], fault: { kind: "none" } }] });
  const kinds = [...(wrong.ok ? "" : wrong.error.message).matchAll(/"([a-z-]+)"/g)].map((match) => match[1] as string).filter((kind) => kind !== "none");
  expect(kinds.length).toBeGreaterThan(10);
  const rows = [...page.matchAll(/^\| `(\{ "kind".*?\})` \|/gm)].map((match) => JSON.parse((match[1] as string).replace(/ \\\| "[a-z]+"/g, "")) as JsonObject);
  for (const kind of kinds) expect(rows.map((row) => row.kind)).toContain(kind);
  const reply = [{ text: "a" }, { call: "bash", input: {} }];
  for (const fault of rows) expect(checkScript({ name: "x", turns: [{ reply, fault }] })).toMatchObject({ ok: true });
});
