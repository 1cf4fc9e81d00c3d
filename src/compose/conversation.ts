// One conversation: a session with its agent, its policy and its world.
import { join } from "node:path";
import {
  type AgentDefinition,
  adoptJobs,
  createChannel,
  createTreeLock,
  type Execution,
  type ModelChoice,
  type RunEvent,
  type RunEventBody,
  run,
  tellOpened,
} from "../agent/index.ts";
import { breakerTable } from "../base/index.ts";
import { cleanEnvironment, whyNoCommands } from "../exec/index.ts";
import { createQueueHandler, createWorkerHandler, type Handler } from "../permissions/index.ts";
import type { RunEnd } from "../session/index.ts";
import { agentTypes } from "../tools/index.ts";
import { createModelInUse } from "./change.ts";
import { createClassifier } from "./classifier.ts";
import { createLimits, namedLimits, sharedBudgetOf } from "./limits.ts";
import type { Conversation } from "./options.ts";
import type { ConversationParts } from "./parts.ts";
import { createPlugins } from "./plugins.ts";
import { createWarmKeeper, type WarmKeeper } from "./warm-keeper.ts";
import { createWorld, startShell } from "./world.ts";

export function createConversation(parts: ConversationParts): Conversation {
  const { session, clock, options, model, policy, terms, tools, pool } = parts;
  for (const rule of session.state.rules) policy.grant(rule, "session");
  let report: (event: RunEventBody) => void = () => undefined;
  const warn = (code: string, says: string): void => report({ type: "notice", level: "warning", code, says });
  const { disk, home, root } = parts;
  const tree = createTreeLock({ disk, clock, folder: join(home, "trees"), root, onUnavailable: (says) => warn("tree-lock", says) });
  const clean = cleanEnvironment(parts.environment);
  const shell = startShell(parts, clean, warn);
  const adopted = adoptJobs(session, shell);
  const plugins = createPlugins(parts, warn, (breaker, says) => tellOpened(report, breaker, { name: "plugin", failures: breaker.failures, says }));
  const limits = createLimits(session, terms, namedLimits(options.sharedBudget ?? {}));
  const shared = sharedBudgetOf(parts, limits.shared);
  const world = createWorld(parts, { tree, shell, clean, plugins, shared });
  const models = createModelInUse(parts);
  const asked = options.confirmBreak;
  // who took a change by /model was told its price then
  const confirmBreak: typeof asked = asked && (async (broken, signal) => models.takeTold() || asked(broken, signal));
  const agentWith = (choice: ModelChoice): AgentDefinition => ({
    ...choice,
    name: terms.agentType,
    purpose: agentTypes[terms.agentType].purpose,
    fallbacks: models.fallbacks,
    ...(confirmBreak === undefined ? {} : { confirmBreak }),
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
    limits: runLimitsOf(options),
  });
  let running = false;
  const warm = createWarmKeeper(options.keepAlive === true, (says) => warn("keep-alive", `The cache is not kept warm: ${says}`));
  return {
    session,
    get model() {
      return models.now().reference;
    },
    get effort() {
      return models.now().effort;
    },
    mode: policy.mode,
    notices: [...terms.notices, ...[model.notice, whyNoCommands()].flatMap((says) => says ?? []), ...adopted, ...(parts.plugins?.notices ?? [])],
    send(input, signal = new AbortController().signal) {
      if (running) throw new Error("a run of this conversation is under way: queue the input, or wait for its end");
      running = true;
      const content = typeof input === "string" ? [{ type: "text" as const, text: input }] : input;
      return createChannel<RunEvent, RunEnd>(async (push) => {
        const agent = agentWith(models.now().choice);
        report = (event) => push({ ...event, session: session.id, agents: [agent.name], at: clock.now() });
        const execution: Execution = { agent, world, session, signal, emit: (event) => report(event) };
        await warm.stop();
        try {
          return await run(execution, content);
        } finally {
          running = false;
          warm.start(execution);
        }
      });
    },
    keptJobs: () => shell.jobs.views().filter(({ kept, runs }) => kept && runs),
    raise: limits.raise,
    change(to) {
      if (running) throw new Error("a run of this conversation is under way: wait for its end");
      const signal = new AbortController().signal;
      return models.change(to, (choice) => ({ agent: agentWith(choice), world, session, signal, emit: () => undefined }));
    },
    queue: async (text) => void (await session.append({ type: "input", parts: [{ type: "text", text }] })),
    release: () => releaseAll({ warm, tree, shared, plugins, shell, session }),
  };
}

const runLimitsOf = ({ maxTurns, parallelReads = 8, identicalCalls, usdPerMinute }: ConversationParts["options"]): AgentDefinition["limits"] => ({
  turns: maxTurns,
  parallelReads,
  identicalCalls: identicalCalls ?? breakerTable["identical-calls"].failures,
  usdPerMinute,
});

interface Held {
  readonly warm: WarmKeeper;
  readonly tree: { close(): void };
  readonly shared: { close(): void };
  readonly plugins: { close(): Promise<void> } | undefined;
  readonly shell: { close(): Promise<void> };
  readonly session: { release(): Promise<void> };
}

async function releaseAll({ warm, tree, shared, plugins, shell, session }: Held): Promise<void> {
  await warm.stop();
  tree.close();
  shared.close();
  await plugins?.close();
  await shell.close();
  await session.release();
}

/** Mode unattended says by its name that nobody here is asked. */
function handlerOf({ options, policy, clock }: ConversationParts): Handler {
  const isUnattended = policy.mode === "unattended";
  if (!isUnattended && options.handler) return options.handler;
  const atEnd = isUnattended ? (options.onUnattendedAsk ?? "deny") : "await";
  const seconds = options.answerWait ?? 0;
  return seconds > 0 ? createQueueHandler({ clock, seconds, atEnd }) : createWorkerHandler(atEnd);
}
