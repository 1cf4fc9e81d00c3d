// tools: what a model can ask for. Metadata here, implementations behind load().

export { type AgentType, type AgentTypeName, agentTypeNames, agentTypes, isAgentType } from "./agent-types.ts";
export { difference } from "./builtin/difference.ts";
export { builtinTools } from "./builtin/index.ts";
export { everySkill, skillToolName } from "./builtin/skill/meta.ts";
export { nearest } from "./near.ts";
export { resolvePath, shortPath } from "./path.ts";
export type {
  ApprovedPlugin,
  FoundPlugins,
  InstalledPlugin,
  ManifestLimits,
  PluginCandidate,
  PluginHost,
  PluginManifest,
  PluginSurround,
} from "./plugins/index.ts";
export { findPlugins, loadPlugins } from "./plugins/load.ts";
export { type Absent, type AbsentBy, type Denied, type Named, type Pool, type PoolOptions, pool } from "./pool.ts";
export * from "./ports.ts";
export { createRegistry, type Registry } from "./registry.ts";
export { validateInput } from "./schema.ts";
export { ruleOfEntry } from "./skills/allowed-tools.ts";
export { findSkills } from "./skills/folders.ts";
export type { AbsentSkill, FoundSkills, Skill, SkillHead, SkillOwner, SkillsFolder, SkillsPlace } from "./skills/skill.ts";
export * from "./tool.ts";

/** What reads one skill, its head or the whole: loaded when somebody asks. */
export const loadSkillReader = async () => ({ ...(await import("./skills/find.ts")), ...(await import("./skills/open.ts")) });
