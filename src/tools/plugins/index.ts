// plugins: folders with a manifest whose tools run in processes of their own. Loaded when there are any.
export { createPluginHost, type Launched, type PluginHost, type PluginHostSettings, type PluginSurround, surroundOf } from "./host.ts";
export {
  approve,
  type InstalledPlugin,
  listPlugins,
  type PluginCandidate,
  type PluginRecord,
  type PluginState,
  readCandidate,
  removePlugin,
  whyChanged,
} from "./installed.ts";
export { type ManifestLimits, type ManifestOutcome, manifestFile, type PluginManifest, type PluginTool, readManifest } from "./manifest.ts";
export type { ApprovedPlugin, FoundPlugins } from "./tools.ts";
