// Random requests and rules, for properties of the judge.
import fc from "fast-check";
import type { CallId } from "../../src/base/index.ts";
import type { FindingFact, Mode, Request, Ruling } from "../../src/permissions/index.ts";
import { metas, type Rules } from "./helpers.ts";

export const place = { root: "/p", home: "/h" };
export const modes = ["plan", "ask", "accept-edits", "auto", "unattended", "bypass"] as const satisfies readonly Mode[];
const words = fc.array(fc.constantFrom("git", "log", "push", "logx", "rm", "x", "-f", "ls", "Git", "npm", "test"), { minLength: 1, maxLength: 4 });
const span = { start: 0, end: 1 };
const command = words.map((each) => ({ words: each, span }));
const path = fc.constantFrom("/p/src/a.ts", "/p/src/b/c.ts", "/p/.git/config", "/p/.env", "/h/x", "/etc/passwd", "/p").chain((real) =>
  fc.record({
    asked: fc.constant(real),
    absolute: fc.constantFrom(real, "/p/src/link"),
    real: fc.constant(real),
    inside: fc.constant(real.startsWith("/p")),
    protected: fc.constant(real === "/p/.git/config" ? "git's own store" : null),
    secret: fc.constant(real === "/p/.env" ? "an environment file" : null),
  }),
);
export const finding: fc.Arbitrary<FindingFact> = fc
  .record({
    check: fc.constantFrom(62, 71, 73, 74, 78, 92, 94),
    kind: fc.constantFrom("effect" as const, "option" as const, "unclear" as const, "never" as const),
    says: fc.constant("a finding"),
    span: fc.constant(span),
    command: fc.option(fc.nat(2), { nil: undefined }),
    words: fc.option(fc.array(fc.nat(3), { minLength: 1, maxLength: 2 }), { nil: undefined }),
    class: fc.option(fc.constantFrom("outside" as const, "secret" as const, "repository" as const, "protected" as const), { nil: undefined }),
  })
  .map(({ command: about, words: places, class: group, ...rest }) => ({
    ...rest,
    ...(about === undefined ? {} : { command: about }),
    ...(places === undefined ? {} : { words: places }),
    ...(group === undefined ? {} : { class: group }),
  }));
export const request: fc.Arbitrary<Request> = fc.constantFrom(...Object.keys(metas)).chain((tool) => {
  const meta = metas[tool];
  if (meta === undefined) throw new Error(tool);
  const kinds = meta.subjects.map((subject) => subject.kind);
  return fc
    .record({
      paths: kinds.includes("path") ? fc.array(path, { minLength: 1, maxLength: 3 }) : fc.constant([]),
      commands: kinds.includes("command") ? fc.option(fc.array(command, { minLength: 1, maxLength: 3 })) : fc.constant([]),
      heard: kinds.includes("command") ? fc.array(command, { maxLength: 2 }) : fc.constant([]),
      domains: kinds.includes("domain") ? fc.subarray(["a.com", "b.a.com", "c.org"], { minLength: 1 }) : fc.constant([]),
      fog: fc.boolean(),
      findings: kinds.includes("command") ? fc.option(fc.array(finding, { maxLength: 2 }), { nil: undefined }) : fc.constant(undefined),
    })
    .map(({ fog, findings, ...facts }) => ({
      call: { id: "c_1" as CallId, tool, input: {} },
      effect: meta.effect,
      source: meta.source,
      subject: "",
      facts: {
        ...{ cwd: "/p", root: "/p", ...facts },
        ...(findings === undefined ? {} : { findings }),
        ...((fog && kinds.length > 0) || facts.commands === null ? { unclear: "a fog" } : {}),
      },
    }));
});
export const rule = fc.constantFrom(
  "bash",
  "*",
  "read",
  "edit",
  "write",
  "todo",
  "mcp",
  "trick",
  "hint",
  "fetch",
  "bash(*)",
  "bash(git *)",
  "bash(git log *)",
  "bash(git log)",
  "bash(git push *)",
  "bash(rm *)",
  "bash(ls)",
  "bash(* -f *)",
  "edit(src/**)",
  "edit(**)",
  "read(**)",
  "read(//etc/**)",
  "read(~/**)",
  "read(.env)",
  "edit(a.ts)",
  "patch(src/b)",
  "fetch(domain:a.com)",
  "fetch(domain:*.a.com)",
  "fetch(domain:*)",
);
export const rules: fc.Arbitrary<Rules> = fc.record({
  deny: fc.array(rule, { maxLength: 2 }),
  ask: fc.array(rule, { maxLength: 2 }),
  allow: fc.array(rule, { maxLength: 5 }),
});
export const mode = fc.constantFrom(...modes);
export const severity: Readonly<Record<Ruling["verdict"], number>> = { allow: 0, ask: 1, deny: 2 };
