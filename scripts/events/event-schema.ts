// The lines of `--output-format stream-json` as schemas. src/agent/event.ts says what they are; the last lines of this file
// make the compiler prove that both say the same, so that docs/events.schema.json can't fall behind.
import { z } from "zod";
import { errorKinds, type Id, type Json } from "../../src/base/index.ts";
import type { RunEvent } from "../../src/index.ts";

const optional = z.exactOptional;
const json = z.json() as unknown as z.ZodType<Json>;
const id = z.string();

const span = z.object({ start: z.number(), end: z.number() });
const mode = z.enum(["plan", "ask", "accept-edits", "auto", "unattended", "bypass"]);
const reason = z.union([
  z.object({ by: z.literal("rule"), rule: z.string(), source: z.string(), span: optional(span) }),
  z.object({ by: z.literal("mode"), mode, says: z.string() }),
  z.object({ by: z.literal("tier"), tier: z.enum(["builtin", "plugin", "skill"]), says: z.string() }),
  z.object({ by: z.literal("pool"), says: z.string() }),
  z.object({ by: z.literal("fact"), says: z.string(), span: optional(span) }),
  z.object({ by: z.literal("shell-check"), check: z.number(), says: z.string(), span: optional(span) }),
  z.object({ by: z.literal("analysis"), says: z.string() }),
  z.object({ by: z.literal("classifier"), model: z.string(), says: z.string() }),
  z.object({ by: z.enum(["person", "coordinator", "worker"]), says: optional(z.string()) }),
]);
const facts = z.object({
  cwd: z.string(),
  root: z.string(),
  paths: z.array(z.object({ asked: z.string(), real: z.string(), inside: z.boolean(), protected: z.string().nullable() })),
  commands: z.array(z.object({ words: z.array(z.string()), span, open: optional(z.array(z.number())) })).nullable(),
  domains: z.array(z.string()),
  unclear: optional(z.string()),
});
const source = z.discriminatedUnion("tier", [
  z.object({ tier: z.literal("builtin") }),
  z.object({ tier: z.literal("plugin"), id: z.string(), server: optional(z.string()) }),
  z.object({ tier: z.literal("skill"), path: z.string() }),
]);
const classifier = z.object({
  model: z.string(),
  prompt: z.string(),
  outcome: z.enum(["allow", "deny", "no-verdict", "unavailable"]),
  says: z.string(),
  risk: optional(z.string()),
  usd: z.number(),
  milliseconds: z.number(),
  cached: optional(z.literal(true)),
  key: optional(z.string()),
});
const decision = z.object({
  call: z.string(),
  tool: z.string(),
  subject: z.string(),
  effect: optional(z.enum(["none", "read", "write", "execute", "network", "agent"])),
  source: optional(source),
  agents: optional(z.array(z.string())),
  verdict: z.enum(["allow", "deny"]),
  reason,
  asked: optional(reason),
  mode,
  holds: z.enum(["call", "session", "project"]),
  rule: optional(z.string()),
  input: optional(json),
  facts,
  profile: optional(z.enum(["read-only", "workspace", "open"])),
  sandbox: optional(z.string()),
  took: z.number(),
  judged: optional(z.number()),
  classifier: optional(classifier),
  more: optional(z.record(z.string(), json)),
});

const amount = z.object({ usd: z.number(), tokens: z.number(), turns: z.number(), seconds: z.number() });
const projection = z.object({ expected: amount, worst: amount, maxOutput: z.number(), priced: z.boolean() });
const usage = z.object({
  input: z.number(),
  output: z.number(),
  cacheRead: z.number(),
  cacheWrite: z.number(),
  cacheWriteLong: optional(z.number()),
  reasoning: optional(z.number()),
});
const failure = z.object({
  class: z.enum(["overloaded", "rate-limited", "context-too-long", "authentication", "network", "refused", "aborted", "malformed"]),
  message: z.string(),
  status: optional(z.number()),
  retryAfter: optional(z.number()),
});
const part = z.union([
  z.object({ type: z.literal("message-start"), model: z.string() }),
  z.object({ type: z.literal("tool-matched"), id, tool: z.string() }),
  z.object({ type: z.enum(["text-delta", "thinking-delta"]), text: z.string() }),
  z.object({ type: z.literal("tool-call"), call: z.object({ id, tool: z.string(), input: json }) }),
  z.object({ type: z.literal("call-rejected"), id, tool: z.string(), why: z.string() }),
]);
const preview = z.union([
  z.object({ kind: z.literal("none") }),
  z.object({ kind: z.literal("text"), text: z.string() }),
  z.object({ kind: z.literal("diff"), path: z.string(), diff: z.string(), added: z.number(), removed: z.number() }),
  z.object({ kind: z.literal("command"), command: z.string(), cwd: z.string() }),
]);
const ruling = z.object({
  fits: z.literal(false),
  limit: z.enum(["usd", "tokens", "turns", "seconds"]),
  allowed: z.number(),
  spent: z.number(),
  reserved: z.number(),
  projected: z.number(),
  says: z.string(),
  scope: optional(z.string()),
  dearest: optional(z.object({ part: z.enum(["conversation", "new-input", "output"]), projected: z.number() })),
  wouldFit: optional(
    z.array(
      z.union([
        z.object({ change: z.literal("smaller-output"), maxOutput: z.number(), projected: z.number() }),
        z.object({ change: z.literal("compaction"), inputTokens: z.number(), projected: z.number() }),
        z.object({ change: z.literal("cheaper-model"), model: z.string(), projected: z.number() }),
      ]),
    ),
  ),
});
const spending = z.object({ limit: z.number(), spent: z.number(), reserved: z.number(), projected: z.number() });
const saved = z.object({ calls: z.number(), usd: z.number() });
const end = z.union([
  z.object({ reason: z.literal("answered"), text: z.string() }),
  z.object({ reason: z.literal("budget"), ruling }),
  z.object({
    reason: z.literal("awaiting"),
    steps: z.array(z.object({ step: id, asking: z.string(), tool: z.string(), subject: z.string(), says: optional(z.string()) })),
  }),
  z.object({ reason: z.literal("turns"), limit: z.number() }),
  z.object({ reason: z.literal("breaker"), name: z.string(), failures: z.number(), says: z.string(), spending: optional(spending) }),
  z.object({ reason: z.literal("model-error"), failure, attempts: z.number() }),
  ...(["context-exhausted", "refused", "aborted", "journal", "lost-lease"] as const).map((one) => z.object({ reason: z.literal(one), says: z.string() })),
]);

const cacheForecast = z.object({
  state: z.enum(["first", "small", "warm", "expired", "broken"]),
  known: z.number(),
  warm: z.number(),
  broken: optional(
    z.object({
      segment: z.string(),
      vector: z.number(),
      cause: z.string(),
      tokens: z.number(),
      usd: z.number().nullable(),
      also: optional(z.array(z.string())),
    }),
  ),
});
const cacheOutcome = z.object({
  verdict: z.enum(["first", "small", "kept", "changed", "expired", "evicted", "unreported"]),
  missed: z.number(),
  usd: z.number().nullable(),
});

/** On every event: the session, the agents from the top one down to the one that speaks, milliseconds since 1970. */
const common = { session: id, agents: z.array(z.string()), at: z.number() };
const step = { step: id, call: id, tool: z.string() };
const steps = ["planned", "awaiting-approval", "executing", "done", "failed", "denied", "cancelled", "unknown", "reconciled"] as const;

export const events = [
  z.object({
    type: z.literal("run-start"),
    agent: z.string(),
    provider: z.string(),
    model: z.string(),
    mode,
    cwd: z.string(),
    resumed: z.boolean(),
    ...common,
  }),
  z.object({ type: z.literal("notice"), level: z.enum(["info", "warning"]), code: z.string(), says: z.string(), ...common }),
  z.object({ type: z.literal("input-accepted"), text: z.string(), ...common }),
  z.object({
    type: z.literal("context-assembled"),
    tokens: z.number(),
    loaded: z.array(z.string()),
    segments: z.array(z.object({ name: z.string(), sha256: z.string(), bytes: z.number() })),
    breaks: z.array(z.string()),
    cache: optional(cacheForecast),
    ...common,
  }),
  z.object({ type: z.literal("turn-start"), turn: z.number(), attempt: z.number(), projection, ...common }),
  z.object({ type: z.literal("model"), part, ...common }),
  z.object({ type: z.literal("reply"), text: z.string(), calls: z.number(), finish: z.string(), usage, cost: amount, ...common }),
  z.object({ type: z.literal("model-retry"), attempt: z.number(), failure, waitMilliseconds: z.number(), ...common }),
  z.object({ type: z.literal("decision"), ...step, decision, ...common }),
  z.object({ type: z.literal("approval-asked"), asking: optional(z.string()), ...step, subject: z.string(), because: reason, preview, ...common }),
  z.object({
    type: z.literal("step"),
    ...step,
    to: z.enum(steps),
    subject: z.string(),
    verdict: optional(z.enum(["applied", "not-applied", "partly", "conflict", "unknown"])),
    says: optional(z.string()),
    detail: optional(json),
    ...common,
  }),
  z.object({ type: z.literal("tool-progress"), call: id, detail: json, ...common }),
  z.object({ type: z.literal("breaker-opened"), name: z.string(), failures: z.number(), openings: z.number(), saved, says: z.string(), ...common }),
  z.object({ type: z.literal("turn-end"), turn: z.number(), usage, projected: amount, actual: amount, cache: optional(cacheOutcome), ...common }),
  z.object({ type: z.literal("run-end"), end, turns: z.number(), usage, cost: amount, priced: z.boolean(), milliseconds: z.number(), ...common }),
] as const;
const event = z.discriminatedUnion("type", events);

/** In place of events when a run can't begin, and when bosun itself fails. */
export const errorLine = z.object({
  type: z.literal("error"),
  code: z.enum([...(Object.keys(errorKinds) as (keyof typeof errorKinds)[]), "internal"]),
  message: z.string(),
});
export const line = z.discriminatedUnion("type", [...events, errorLine]);

/** `Type` as JSON has it: identifiers are strings, nothing is read-only. */
type Plain<Type> = Json extends Type
  ? Json
  : Type extends Id<string>
    ? string
    : Type extends readonly (infer Item)[]
      ? Plain<Item>[]
      : Type extends object
        ? { -readonly [Key in keyof Type]: Plain<Type[Key]> }
        : Type;
type Same<One, Other> = [One] extends [Other]
  ? [Other] extends [One]
    ? true
    : "the schema allows less than the type"
  : "the schema allows more than the type";
/** Does not compile when the schema and the type part company. @public */
export const schemaIsType: Same<Plain<z.output<typeof event>>, Plain<RunEvent>> = true;
