// The door to plugins: nothing of them is imported before it is needed, and where none was ever approved that is known by one look.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { ManifestLimits } from "./manifest.ts";
import type { FoundPlugins } from "./tools.ts";

export const loadPlugins = (): Promise<typeof import("./index.ts")> => import("./index.ts");

/** The plugins that the person approved, as tools. `home` is bosun's folder. */
export async function findPlugins(home: string, limits: ManifestLimits): Promise<FoundPlugins | null> {
  return existsSync(join(home, "plugins.json")) ? (await import("./tools.ts")).approvedPlugins(home, limits) : null;
}
