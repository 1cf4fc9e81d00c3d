// What the parts of an agent are handed while it is put together.
import type { Terms } from "../agent/index.ts";
import type { Clock } from "../base/index.ts";
import type { Disk, Machine } from "../exec/index.ts";
import type { ResolvedModel, RetryPolicy } from "../model/index.ts";
import type { Policy } from "../permissions/index.ts";
import type { Session, SessionStore } from "../session/index.ts";
import type { FoundPlugins, Pool, Registry } from "../tools/index.ts";
import type { AgentOptions } from "./options.ts";
import type { SessionSkills } from "./skills.ts";

export interface ConversationParts extends AgentParts {
  readonly session: Session;
  readonly policy: Policy;
  readonly terms: Terms;
  readonly model: ResolvedModel;
  readonly pool: Pool;
  readonly skills: SessionSkills;
}
export interface AgentParts {
  readonly options: AgentOptions;
  readonly store: SessionStore;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly disk: Disk;
  readonly machine: Machine;
  readonly cwd: string;
  readonly root: string;
  readonly home: string;
  readonly sessionsFolder: string;
  /** All there are. */
  readonly tools: Registry;
  readonly retry: RetryPolicy;
  /** Null: none was ever approved. */
  readonly plugins: FoundPlugins | null;
}
