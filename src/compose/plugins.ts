// The processes of a session's plugins, bound to this machine: which program, in which sandbox, with which environment.
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, relative } from "node:path";
import { type Breaker, newId } from "../base/index.ts";
import { arrangeProgram, cleanEnvironment, createCages, findStrays, locate, type Machine, makeRunFolder, markName, startLongProgram } from "../exec/index.ts";
import { ceilings, secretReason } from "../permissions/index.ts";
import { type ApprovedPlugin, type FoundPlugins, findPlugins, loadPlugins, type PluginHost, type PluginSurround } from "../tools/index.ts";
import type { ConversationParts } from "./parts.ts";
import { runsFolder } from "./world.ts";

/** What a plugin may be, by the table of tiers. */
export const pluginLimits = { effects: ceilings.plugin.effects } as const;

export const pluginsOf = (home: string): Promise<FoundPlugins | null> => findPlugins(home, pluginLimits);

/** Undefined: no plugin is part of this session. The rest is loaded at the first call. */
export function createPlugins(
  parts: ConversationParts,
  warn: (code: string, says: string) => void,
  onOpened: (breaker: Breaker, says: string) => void = () => undefined,
): PluginHost | undefined {
  const plugins = parts.plugins?.plugins ?? [];
  if (plugins.length === 0) return undefined;
  let host: Promise<PluginHost> | undefined;
  const begin = async (): Promise<PluginHost> => {
    const { createPluginHost, whyChanged } = await loadPlugins();
    return createPluginHost({
      plugins,
      root: parts.root,
      cwd: parts.cwd,
      clock: parts.clock,
      launch: launcherOf(parts, warn),
      onOpened,
      whyChanged: ({ manifest, sha256 }) => whyChanged(parts.home, { id: manifest.id, sha256 }),
    });
  };
  return {
    async call(request) {
      host ??= begin();
      return (await host).call(request);
    },
    async close() {
      await (await host)?.close();
    },
  };
}

type Launch = Parameters<Awaited<ReturnType<typeof loadPlugins>>["createPluginHost"]>[0]["launch"];

function launcherOf(parts: ConversationParts, warn: (code: string, says: string) => void): Launch {
  const { root, home, environment, machine } = parts;
  const clean = cleanEnvironment(environment);
  const path = clean["PATH"] ?? "";
  const place = { root, home: homedir() };
  const cages = createCages(path, () => undefined, machine);
  return (plugin, surround) => {
    const { id, command } = plugin.manifest;
    const program = programOf(plugin, path, root);
    if (program === null) return `its program "${command[0]}" is neither in its folder nor on PATH outside of the project`;
    const run = surround === "read-only" ? null : makeRunFolder(join(runsFolder(parts), `plugin-${id}`), machine);
    const arranged = arrangeProgram({
      ...place,
      path: [path, dirname(process.execPath)].join(delimiter),
      environment: clean,
      own: home,
      profile: surround === "read-only" ? "read-only" : "workspace",
      network: surround === "network",
      show: [plugin.folder],
      isSecret: (each) => secretReason(each, place) !== null,
      run,
      cages,
      machine,
    });
    if ("refused" in arranged) return arranged.refused;
    if ("why" in arranged) warn("plugin-sandbox", `The plugin ${id} runs without a sandbox: ${arranged.why}`);
    const mark = "why" in arranged ? newId<"step">("s", parts.clock.now()) : null;
    const cage = "why" in arranged ? ({ kind: "watched" } as const) : ({ kind: "namespace", program: arranged.program, view: arranged.view } as const);
    const started = startLongProgram({
      program,
      arguments: command.slice(1),
      cwd: plugin.folder,
      environment: { ...environmentOf(plugin, surround, clean, environment), ...(mark === null ? {} : { [markName]: mark }) },
      cage,
      machine,
    });
    const end = () => {
      if (mark !== null) endStrays(mark);
      if ("end" in arranged) arranged.end();
      if (run !== null) removeEmpty(machine, run.path);
    };
    if (typeof started !== "string") return { program: started, end };
    end();
    return `it could not be started: ${started}`;
  };
}

/** Without a namespace, what left its group is found by its environment. */
function endStrays(mark: string): void {
  for (let round = 0; round < 3; round += 1) {
    const strays = findStrays([mark]);
    if (strays.length === 0) return;
    for (const { pid } of strays) {
      try {
        process.kill(pid, "SIGKILL");
      } catch {
        // it ended by itself
      }
    }
  }
}

function removeEmpty(machine: Machine, path: string): void {
  try {
    machine.removeFolder(path);
  } catch {
    // the next process of this session takes away what is noted there
  }
}

/** "node" is the one that bosun runs on. What lies in the project is nobody's program but the project's. */
function programOf({ manifest, folder }: ApprovedPlugin, path: string, root: string): string | null {
  const [name] = manifest.command;
  if (name === "node") return process.execPath;
  if (name.includes("/")) return locate(name, [folder]);
  const isOutside = (each: string) => relative(root, each).startsWith("..") || isAbsolute(relative(root, each));
  return locate(name, path.split(delimiter).filter(isOutside));
}

const handedOn = /^(?:PATH|HOME|LANG|LANGUAGE|LC_[A-Z]+|TZ|TERM|NO_COLOR|BOSUN)$/;
const forNetwork = /^(?:(?:https?|no|all)_proxy|SSL_CERT_FILE|SSL_CERT_DIR|NODE_EXTRA_CA_CERTS)$/i;

/** Little, and what the person saw by name when the plugin was approved. */
function environmentOf(
  { manifest }: ApprovedPlugin,
  surround: PluginSurround,
  clean: Readonly<Record<string, string>>,
  all: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const common = Object.entries(clean).filter(([name]) => handedOn.test(name) || (surround === "network" && forNetwork.test(name)));
  const named = manifest.environment.flatMap((name): readonly (readonly [string, string])[] => (all[name] === undefined ? [] : [[name, all[name]]]));
  return Object.fromEntries([...common, ...named]);
}
