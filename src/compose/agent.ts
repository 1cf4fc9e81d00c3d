// createAgent() puts the rooms together. Composition only: nothing is decided here.
import { homedir } from "node:os";
import { termsOf } from "../agent/index.ts";
import { newId, type Outcome, type SessionId, systemClock } from "../base/index.ts";
import { nodeDisk, nodeMachine } from "../exec/index.ts";
import { createRetryPolicy } from "../model/index.ts";
import { createPolicy, ruleError } from "../permissions/index.ts";
import { createFileStore, createSession, findPlace, forkSession, openSession, type Session } from "../session/index.ts";
import { createConversation } from "./conversation.ts";
import { findModel, modelOf } from "./model.ts";
import type { Agent, AgentOptions, Conversation } from "./options.ts";
import { findTools, poolOf } from "./pool.ts";
import { createSkills } from "./skills.ts";
import { version } from "./version.ts";

/** Fails as a value: a folder that can't be read, a model that does not exist, a rule that can't be read. */
export async function createAgent(options: AgentOptions = {}): Promise<Outcome<Agent>> {
  const environment = options.environment ?? process.env;
  const clock = options.clock ?? systemClock;
  const place = findPlace(options, environment);
  if (!place.ok) return place;
  const { cwd, root, home, sessionsFolder } = place.value;
  const model = await findModel(options, environment, clock);
  if (!model.ok) return model;
  const mode = options.mode ?? "ask";
  // what may be answered within a time has to be asked
  const onUnattendedAsk = (options.answerWait ?? 0) > 0 ? "await" : options.onUnattendedAsk;
  const waits = onUnattendedAsk ? { onUnattendedAsk } : {};
  const found = await findTools(options, place.value);
  const { registry } = found;
  const subjectsOf = (tool: string) => registry.get(tool)?.subjects.map(({ kind }) => kind);
  const rules = { ...options.commands, root, home: homedir(), rules: options.rules ?? [], subjectsOf, ...waits };
  const { policy: usual, problems } = createPolicy({ ...rules, mode });
  const checked = ruleError(problems);
  if (checked) return { ok: false, error: checked };
  const disk = options.disk ?? nodeDisk;
  const machine = options.machine ?? nodeMachine;
  const store = options.store ?? createFileStore({ disk, clock, folder: sessionsFolder, version });
  const parts = {
    options,
    store,
    environment,
    clock,
    disk,
    machine,
    cwd,
    root,
    home,
    sessionsFolder,
    tools: registry,
    plugins: found.plugins,
    retry: createRetryPolicy({ clock, ...(options.retries ? { limits: options.retries } : {}) }),
  };
  const converse = async (opened: Outcome<Session>): Promise<Outcome<Conversation>> => {
    if (!opened.ok) return opened;
    const session = opened.value;
    const terms = termsOf(session.state, saidOf(options));
    const own = await modelOf(terms, model.value, options, environment, clock);
    if (own.ok) {
      const pool = poolOf(found, options, usual.rules.deny, terms.mode, terms.agentType);
      const { policy } = createPolicy({ ...rules, mode: terms.mode, pool: pool.callable });
      const skills = createSkills({ ...rules, found: found.skills, policy, tools: registry, cwd });
      return { ok: true, value: createConversation({ ...parts, session, terms, model: own.value, pool, policy, skills }) };
    }
    await session.release();
    return own;
  };
  const start = { cwd, root, version };
  const newName = (): SessionId => newId<"session">("s", clock.now());
  return {
    ok: true,
    value: {
      ...place.value,
      model: model.value.reference,
      mode,
      store,
      start: async (name) => converse(await createSession(store, clock, name ?? newName(), start)),
      resume: async (name) => converse(await openSession(store, clock, name, start)),
      fork: async (session, seq, name) =>
        converse(await forkSession(store, clock, name ?? newName(), { session, ...(seq === undefined ? {} : { seq }) }, start)),
    },
  };
}

const saidOf = ({ model, provider, effort, usualEffort, mode, budget, agentType, usualBudget = {} }: AgentOptions): Parameters<typeof termsOf>[1] => ({
  model: model !== undefined || provider !== undefined,
  effort,
  usualEffort,
  mode,
  budget,
  agentType,
  usualBudget,
});
