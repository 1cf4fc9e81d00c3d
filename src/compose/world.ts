// What surrounds a run: the shell and its sandboxes, files, what is read for the prompt.
import { mkdirSync, realpathSync } from "node:fs";
import { homedir, release } from "node:os";
import { join } from "node:path";
import { bindEffects, lastJobOf, noteJobs, ripgrepPath, todoOf, type World } from "../agent/index.ts";
import {
  corePrompt,
  dayOf,
  findInstructions,
  nestedInstructions,
  renderEnvironment,
  renderInstructions,
  renderPrefix,
  renderSkills,
  renderTool,
} from "../context/index.ts";
import { createCages, createFiles, createShell, findRepository, gatherShellEvidence, type Shell, setUpSandbox } from "../exec/index.ts";
import { findToolName } from "../model/index.ts";
import { secretReason } from "../permissions/index.ts";
import { childState, type Session, type SharedBudget, withoutLocks } from "../session/index.ts";
import { type PluginsPort, type ReadPorts, skillToolName } from "../tools/index.ts";
import { isClosed } from "../workflow/index.ts";
import type { ConversationParts } from "./parts.ts";

type Environment = Readonly<Record<string, string>>;

/** Where the commands of a session have their folders. */
export const runsFolder = ({ options, home, sessionsFolder, session }: ConversationParts): string =>
  options.store ? join(home, "runs", session.id) : join(sessionsFolder, session.id, "runs");

/** Commands start where the last one of this session ended; where that folder is gone, in the session's own. */
export function startShell(parts: ConversationParts, environment: Environment, warn: (code: string, says: string) => void): Shell {
  const { home, cwd, session, machine } = parts;
  const { state } = session;
  const folder = join(home, "tmp");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const cages = createCages(environment["PATH"] ?? "", (says) => warn("no-namespace", says), machine);
  const keep: Session["putBlob"] = async (bytes) => {
    const stored = await session.putBlob(bytes);
    if (!stored.ok) warn("blob-missing", `The whole output of a command is not kept. ${stored.error.message}`);
    return stored;
  };
  const place = { root: parts.root, home: homedir() };
  const isSecret = (path: string) => secretReason(path, place) !== null;
  const shell = createShell({
    cwd,
    environment,
    folder,
    runs: runsFolder(parts),
    cages,
    keep,
    lastJob: lastJobOf(session),
    keepJobs: parts.options.keepJobs === true,
    machine,
    ...setUpSandbox({ ...place, environment, own: home, session: session.id, isSecret, cages, machine }, parts.options.shell ?? {}),
  });
  if (state.shellCwd !== null) shell.enter(state.shellCwd);
  // what is not in the journal keeps its evidence
  session.subscribe((entry) => {
    if (entry.type === "step" && isClosed(entry.change.to)) shell.settled(entry.change.step);
  }, "written");
  session.subscribe((entry) => {
    // what came before the request of this reply was synced with it
    if (entry.type === "reply") shell.durable();
  });
  return shell;
}

interface Surroundings {
  readonly tree: World["tree"];
  readonly shell: Shell;
  readonly clean: Environment;
  readonly plugins: PluginsPort | undefined;
  readonly shared: SharedBudget;
}

export function createWorld(parts: ConversationParts, { tree, shell, clean, plugins, shared }: Surroundings): World {
  const { session, clock, cwd, root, home, options, disk, machine } = parts;
  const { state } = session;
  const files = withoutLocks(createFiles(disk), realpathSync.native(parts.home));
  const texts = new Map<string, string>();
  const reads: ReadPorts = {
    files,
    seen: { get: (path) => seenOf(session, texts, path) },
    shellCwd: shell.cwd,
    todo: () => todoOf(session),
    sandboxState: shell.sandboxState,
    blob: session.getBlob,
    ...(parts.skills.port === undefined ? {} : { skills: parts.skills.port }),
    findable: () => {
      const head = new Set(state.prefix?.tools.map(({ name }) => name));
      const { pool } = parts;
      const tools = [...pool.head, ...pool.deferred].filter(({ name }) => name !== findToolName && !head.has(name));
      return { tools, callable: pool.callable };
    },
  };
  const environment = () => {
    const branch = findRepository(cwd)?.branch ?? null;
    return renderEnvironment({ cwd, root, platform: process.platform, release: release(), shell: "bash", ...dayOf(clock.now()), branch });
  };
  let nested: ReturnType<typeof nestedInstructions> | undefined;
  return {
    clock,
    cwd,
    root,
    home: homedir(),
    own: home,
    ports: reads,
    tree,
    retry: parts.retry,
    shared,
    effects: (hooks) => bindEffects({ session, clock, shell, files, texts, clean, machine, plugins }, hooks),
    environment,
    renderTool,
    jobs: () => shell.jobs.views(),
    shellEvidence: (step) => gatherShellEvidence(step, { runs: runsFolder(parts), root, ripgrep: ripgrepPath, machine }),
    childState: (child) => childState(parts.store, clock, child),
    takeNotes: noteJobs(session, shell, runsFolder(parts), machine),
    renderPrefix: async (tools) => {
      const found = findInstructions({ root, cwd, home });
      const appended = options.appendSystemPrompt === undefined ? {} : { appended: options.appendSystemPrompt };
      const prefix = renderPrefix({
        core: corePrompt(),
        instructions: renderInstructions(found.files),
        skills: tools.some(({ name }) => name === skillToolName) ? renderSkills(parts.skills.titles()) : "",
        environment: environment(),
        tools,
        ...appended,
      });
      return { prefix, loaded: found.loaded, notices: [...found.notices, ...parts.skills.notices] };
    },
    nestedInstructions: (path) => {
      nested ??= nestedInstructions(root, state.loaded);
      return nested(path);
    },
  };
}

function seenOf(session: Session, texts: ReadonlyMap<string, string>, path: string): ReturnType<ReadPorts["seen"]["get"]> {
  const state = session.state.seen.get(path);
  return state && { state, text: (state.sha256 && texts.get(state.sha256)) || null };
}
