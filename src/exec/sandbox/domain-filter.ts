// Optional: the workspace profile by @anthropic-ai/sandbox-runtime, which lets through only the domains that are named.
//
// It is no dependency: loaded when the settings name domains, from where bosun is installed. Its wrapper runs inside the
// command's namespace; the working folder does not carry over from commands that it wraps.
import { BosunError, messageOf, type Outcome } from "../../base/index.ts";

export const runtimePackage = "@anthropic-ai/sandbox-runtime";

export interface DomainFilter {
  /** The command as bash text that runs it inside. */
  wrap(command: string): Promise<Outcome<string>>;
  close(): Promise<void>;
}

export interface DomainFilterSettings {
  readonly domains: readonly string[];
  readonly writable: readonly string[];
  /** Also what is missing. */
  readonly guarded: () => readonly string[];
  /** Absent: by its name. */
  readonly load?: () => Promise<unknown>;
}

/** What is used of the package. */
interface Manager {
  initialize(config: object): Promise<void>;
  wrapWithSandbox(command: string): Promise<string>;
  reset(): Promise<void>;
}

const name: string = runtimePackage;
const loadByName = (): Promise<unknown> => import(name);

export function createDomainFilter({ domains, writable, guarded, load = loadByName }: DomainFilterSettings): DomainFilter {
  let starting: Promise<Manager> | null = null;
  const start = async (): Promise<Manager> => {
    const manager = managerOf(await load());
    await manager.initialize({
      network: { allowedDomains: domains, deniedDomains: [], allowLocalBinding: true },
      filesystem: { denyRead: [], allowWrite: writable, denyWrite: guarded() },
    });
    return manager;
  };
  return {
    async wrap(command) {
      try {
        starting ??= start();
        const manager = await starting;
        return { ok: true, value: await manager.wrapWithSandbox(`exec bash --noprofile --norc -c '${command.replaceAll("'", "'\\''")}'`) };
      } catch (error) {
        starting = null;
        return { ok: false, error: failure(error) };
      }
    },
    async close() {
      const manager = await starting?.catch(() => null);
      starting = null;
      await manager?.reset().catch(() => undefined);
    },
  };
}

function managerOf(loaded: unknown): Manager {
  const manager = (loaded as { readonly SandboxManager?: Partial<Manager> } | null)?.SandboxManager;
  const whole = ["initialize", "wrapWithSandbox", "reset"].every((method) => typeof manager?.[method as keyof Manager] === "function");
  if (!whole) throw new Error(`it does not offer what is used of it: install version 0.0.78 of ${runtimePackage}`);
  return manager as Manager;
}

function failure(error: unknown): BosunError {
  const missing = (error as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
  const why = missing ? `${runtimePackage} is not installed` : `${runtimePackage} failed: ${messageOf(error)}`;
  const next = missing
    ? `Install it beside bosun, for example with: npm install -g ${runtimePackage}; or take the setting shell.domains away.`
    : "Take the setting shell.domains away to run commands with the network as shell.network says.";
  return new BosunError("usage", `Nothing of the command ran: the setting shell.domains needs a sandbox that filters domains, and ${why}.`, { next });
}
