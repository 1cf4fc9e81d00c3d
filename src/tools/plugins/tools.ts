// Approved plugins as tools: metadata alone.
import { join } from "node:path";
import type { Named } from "../pool.ts";
import type { SkillsFolder } from "../skills/skill.ts";
import type { Tool } from "../tool.ts";
import { listPlugins } from "./installed.ts";
import type { ManifestLimits, PluginManifest, PluginTool } from "./manifest.ts";

export interface ApprovedPlugin {
  readonly manifest: PluginManifest;
  readonly sha256: string;
  /** Where the approved copy is. */
  readonly folder: string;
}
export interface FoundPlugins {
  readonly plugins: readonly ApprovedPlugin[];
  readonly tools: readonly Tool[];
  /** Folders of skills in the approved copies. */
  readonly skills: readonly SkillsFolder[];
  /** Names of tools that are not to be had, and why. */
  readonly withheld: readonly Named[];
  /** What the person should know, one sentence each. */
  readonly notices: readonly string[];
}

/** Nothing of a plugin is run. `home` is bosun's folder. */
export function approvedPlugins(home: string, limits: ManifestLimits): FoundPlugins {
  const found = listPlugins(home, limits);
  if (!found.ok) return { plugins: [], tools: [], skills: [], withheld: [], notices: [found.error.message] };
  const plugins: ApprovedPlugin[] = [];
  const withheld: Named[] = [];
  const notices: string[] = [];
  const seen = new Set<string>();
  for (const { id, tools, state, why, manifest, sha256, folder } of found.value) {
    if (seen.has(id)) continue;
    seen.add(id);
    if (state === "approved" && manifest !== null && manifest.id === id) {
      plugins.push({ manifest, sha256, folder });
      continue;
    }
    const says = why ?? `its manifest names another id than ${id}: bosun plugins remove ${id}`;
    withheld.push(...tools.map((name) => ({ name, why: `plugin ${id}: ${says}` })));
    notices.push(`The plugin ${id} is left out: ${says}.`);
  }
  const skills = plugins.flatMap(({ folder, manifest }): readonly SkillsFolder[] =>
    manifest.skills === null ? [] : [{ path: join(folder, manifest.skills), owner: "plugin", label: `plugin ${manifest.id}` }],
  );
  return { plugins, withheld, notices, skills, tools: plugins.flatMap((plugin) => plugin.manifest.tools.map((tool) => toolOf(plugin, tool))) };
}

function toolOf({ manifest }: ApprovedPlugin, tool: PluginTool): Tool {
  const { fullName, description, input, responsibility, effect, redo, independent, subjects } = tool;
  return {
    ...{ name: fullName, description, input, responsibility, effect, redo, subjects },
    source: { tier: "plugin", id: manifest.id },
    ...(independent ? { independent } : {}),
    load: async () => (await import("./call.ts")).prepareCall(manifest, tool),
  };
}
