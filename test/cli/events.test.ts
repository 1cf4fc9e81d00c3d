// docs/events.schema.json holds for what the command really prints, line by line.
import * as fs from "node:fs";
import { join } from "node:path";
import { type Schema, Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { generate, path } from "../../scripts/docs/events.ts";
import { events } from "../../scripts/events/event-schema.ts";
import type { Turn } from "../../src/testing/index.ts";
import { bash, call, done, edit, makePlace, read, serve, text } from "../agent/support.ts";
import { bosun, linesOf } from "./support.ts";

const published = fs.readFileSync(join(import.meta.dirname, "../..", path), "utf8");
const validator = new Validator(JSON.parse(published) as Schema, "2020-12");
/** With every field that no type names forbidden; what is known of facts grows, so they stay open. */
const strict = new Validator(openFacts(z.toJSONSchema(z.discriminatedUnion("type", events), { target: "draft-2020-12" })) as Schema, "2020-12");

function openFacts(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(openFacts);
  const { additionalProperties, ...rest } = schema as Record<string, unknown>;
  const open = ["inside", "domains"].some((name) => Object.hasOwn((rest.properties ?? {}) as object, name));
  return {
    ...Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, openFacts(value)])),
    ...(additionalProperties === undefined || open ? {} : { additionalProperties }),
  };
}

function check(lines: readonly Record<string, unknown>[]): void {
  for (const line of lines) {
    for (const [name, one] of line.type === "error" ? [["published", validator] as const] : [["published", validator] as const, ["strict", strict] as const]) {
      const { valid, errors } = one.validate(line);
      if (!valid)
        throw new Error(`${name}: ${JSON.stringify(line)}\n${errors.map(({ instanceLocation, error }) => `${instanceLocation}: ${error}`).join("\n")}`);
    }
  }
}

test("the document is what the types say now", () => {
  expect(published).toBe(generate());
});

test("what is no event does not pass", () => {
  for (const wrong of [{}, { type: "nonsense" }, { type: "turn-end", turn: "1" }, { type: "error", code: "nonsense", message: "" }]) {
    expect(validator.validate(wrong).valid).toBe(false);
  }
});

describe("streams", () => {
  const runs: Readonly<Record<string, { readonly turns: readonly Turn[]; readonly words?: readonly string[]; readonly types: readonly string[] }>> = {
    "tools of all kinds, a denial, an invalid call": {
      turns: [
        { reply: [{ thinking: "First the file." }, text("I look."), read("a.txt"), call("grep", { pattern: "a" }), call("read", { nonsense: true })] },
        { reply: [edit("a.txt", "alpha", "beta"), bash("echo hi; exit 3"), bash("rm -rf x"), call("todo", { items: [{ text: "one", state: "doing" }] })] },
        done,
      ],
      words: ["--permission-mode", "bypass", "--disallowed-tools", "bash(rm *)"],
      types: ["run-start", "input-accepted", "context-assembled", "turn-start", "model", "reply", "decision", "step", "turn-end", "run-end"],
    },
    "a question that nobody answers": { turns: [{ reply: [bash("touch x")] }], types: ["approval-asked", "step", "run-end"] },
    "a provider that is overloaded for a moment": {
      turns: [{ fault: { kind: "status", status: 529, retryAfter: { milliseconds: 10 } }, reply: [text("Here I am.")] }],
      types: ["model-retry", "run-end"],
    },
    "a key that is refused": { turns: [{ fault: { kind: "status", status: 401, times: "always" }, reply: [] }], types: ["run-end"] },
    "money that does not reach": { turns: [done], words: ["--max-budget-usd", "0"], types: ["run-end"] },
    "arguments that were cut": { turns: [{ fault: { kind: "truncated-arguments" }, reply: [bash("make")] }, done], types: ["model", "run-end"] },
  };
  test.each(Object.entries(runs))("%s", async (_title, { turns, words = [], types }) => {
    const place = makePlace();
    place.write("a.txt", "alpha\n");
    const { stdout } = await bosun({ place, server: await serve(turns) }, "-p", "go", "--output-format", "stream-json", ...words);
    const lines = linesOf(stdout);
    check(lines);
    const seen = new Set(lines.map(({ type }) => type));
    expect(types.filter((type) => !seen.has(type))).toEqual([]);
  });
  test("an error before the run", async () => {
    const { stdout } = await bosun({ place: makePlace() }, "-p", "go", "--output-format", "stream-json", "--model", "nobody/nothing");
    const lines = linesOf(stdout);
    expect(lines).toMatchObject([{ type: "error", code: "model-unknown" }]);
    check(lines);
  });
});
