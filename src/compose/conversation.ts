// One conversation: a session with its agent, its policy and its world.
import { join } from "node:path";
import { type AgentDefinition, adoptJobs, createChannel, createTreeLock, type Execution, type RunEvent, type RunEventBody, run } from "../agent/index.ts";
import { cleanEnvironment, whyNoCommands } from "../exec/index.ts";
import { createQueueHandler, createWorkerHandler, type Handler } from "../permissions/index.ts";
import type { RunEnd } from "../session/index.ts";
import { agentTypes } from "../tools/index.ts";
import { cacheTermsOf } from "./cache.ts";
import { createClassifier } from "./classifier.ts";
import { createLimits, sharedBudgetOf } from "./limits.ts";
import type { Conversation } from "./options.ts";
import type { ConversationParts } from "./parts.ts";
import { createPlugins } from "./plugins.ts";
import { createWorld, startShell } from "./world.ts";

/** What a reply may have at most when nobody says, and where the catalogue does not know less. */
const usualMaxOutput = 16_384;

export function createConversation(parts: ConversationParts): Conversation {
  const { session, clock, options, model, policy, terms, tools, pool } = parts;
  for (const rule of session.state.rules) policy.grant(rule, "session");
  let report: (event: RunEventBody) => void = () => undefined;
  const warn = (code: string, says: string): void => report({ type: "notice", level: "warning", code, says });
  const tree = createTreeLock({
    disk: parts.disk,
    clock,
    folder: join(parts.home, "trees"),
    root: parts.root,
    onUnavailable: (says) => warn("tree-lock", says),
  });
  const clean = cleanEnvironment(parts.environment);
  const shell = startShell(parts, clean, warn);
  const adopted = adoptJobs(session, shell);
  const lacking = [whyNoCommands()].flatMap((says) => says ?? []);
  const plugins = createPlugins(parts, warn);
  const shared = sharedBudgetOf(parts);
  const world = createWorld(parts, { tree, shell, clean, plugins, shared });
  const limits = createLimits(session, terms, shared);
  const agent: AgentDefinition = {
    name: terms.agentType,
    purpose: agentTypes[terms.agentType].purpose,
    provider: model.provider,
    model: model.model,
    contextWindow: model.window,
    price: model.price,
    cache: cacheTermsOf(model, options.cacheLife),
    ...(options.confirmBreak === undefined ? {} : { confirmBreak: options.confirmBreak }),
    maxOutput: Math.min(options.maxOutput ?? usualMaxOutput, model.maximumOutput ?? Number.POSITIVE_INFINITY),
    get budget() {
      return limits.budget();
    },
    get givenBudget() {
      return limits.given();
    },
    tools,
    pool,
    policy,
    handler: handlerOf(parts),
    ...(policy.mode === "auto" ? { classifier: createClassifier(parts) } : {}),
    limits: { turns: options.maxTurns, parallelReads: options.parallelReads ?? 8, identicalCalls: options.identicalCalls ?? 4 },
  };
  let running = false;
  return {
    session,
    model: model.reference,
    mode: policy.mode,
    notices: [...terms.notices, ...lacking, ...adopted, ...(parts.plugins?.notices ?? [])],
    send(input, signal = new AbortController().signal) {
      if (running) throw new Error("a run of this conversation is under way: queue the input, or wait for its end");
      running = true;
      const content = typeof input === "string" ? [{ type: "text" as const, text: input }] : input;
      return createChannel<RunEvent, RunEnd>(async (push) => {
        report = (event) => push({ ...event, session: session.id, agents: [agent.name], at: clock.now() });
        const execution: Execution = { agent, world, session, signal, emit: (event) => report(event) };
        try {
          return await run(execution, content);
        } finally {
          running = false;
        }
      });
    },
    keptJobs: () => shell.jobs.views().filter(({ kept, runs }) => kept && runs),
    raise: limits.raise,
    queue: async (text) => void (await session.append({ type: "input", parts: [{ type: "text", text }] })),
    release: async () => {
      tree.close();
      shared.close();
      await plugins?.close();
      await shell.close();
      await session.release();
    },
  };
}

/** Mode unattended says by its name that nobody here is asked. */
function handlerOf({ options, policy, clock }: ConversationParts): Handler {
  const isUnattended = policy.mode === "unattended";
  if (!isUnattended && options.handler) return options.handler;
  const atEnd = isUnattended ? (options.onUnattendedAsk ?? "deny") : "await";
  const seconds = options.answerWait ?? 0;
  return seconds > 0 ? createQueueHandler({ clock, seconds, atEnd }) : createWorkerHandler(atEnd);
}
