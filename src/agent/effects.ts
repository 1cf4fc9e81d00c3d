// The ports of one commit: what a tool acts through, dead once the commit has settled.
import type { Clock } from "../base/index.ts";
import { createSearch, type Files, type Machine, type Shell } from "../exec/index.ts";
import type { Session } from "../session/index.ts";
import type { EffectPorts, PluginsPort } from "../tools/index.ts";
import type { World } from "./definition.ts";
import { replaceTodo } from "./todo.ts";

export interface EffectParts {
  readonly session: Session;
  readonly clock: Clock;
  readonly shell: Shell;
  readonly files: Files;
  /** Texts the model has seen, by hash, for diffs; bounded. */
  readonly texts: Map<string, string>;
  /** The environment of commands. */
  readonly clean: Readonly<Record<string, string>>;
  readonly machine: Machine;
  /** Absent: no plugin is part of this session. */
  readonly plugins?: PluginsPort | undefined;
}

/** Texts kept for a later diff, in all, in UTF-16 units. */
const keptTexts = 16 * 1024 * 1024;

export function bindEffects(parts: EffectParts, hooks: Parameters<World["effects"]>[0]): ReturnType<World["effects"]> {
  const { session, shell, files, texts, clean, machine } = parts;
  let alive = true;
  /** Refuses once the commit that was given these ports has settled. */
  const whileAlive =
    <Arguments extends readonly unknown[], Result>(work: (...given: Arguments) => Result) =>
    (...given: Arguments): Result => {
      if (!alive) throw new Error("an effect after its commit had settled");
      return work(...given);
    };
  const search = createSearch(ripgrepPath, clean, machine);
  const ports: EffectPorts = {
    files: { ...files, replace: whileAlive(files.replace) },
    shell: {
      // what the decision was made for, not what the tool would like
      run: whileAlive((request) =>
        shell.run({ ...request, profile: hooks.profile ?? request.profile, step: hooks.step, key: hooks.key, onStart: hooks.onProcess }),
      ),
    },
    jobs: shell.jobs,
    search: whileAlive(search),
    putBlob: whileAlive(session.putBlob),
    ...(parts.plugins === undefined ? {} : { plugins: { call: whileAlive(parts.plugins.call) } }),
    keepSeen: (state, text) => {
      if (state.sha256 === null || text.length > keptTexts / 4) return;
      texts.set(state.sha256, text);
      let total = 0;
      for (const kept of texts.values()) total += kept.length;
      for (const [hash, kept] of texts) {
        if (total <= keptTexts) break;
        texts.delete(hash);
        total -= kept.length;
      }
    },
    replaceTodo: whileAlive((items) => replaceTodo(session, parts.clock, items)),
  };
  const revoke = () => {
    alive = false;
  };
  return { ports, revoke };
}

/** Path of the ripgrep program, found when it is first needed. */
export async function ripgrepPath(): Promise<string> {
  return (await import("@vscode/ripgrep")).rgPath;
}
