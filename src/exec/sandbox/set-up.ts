// What a session's shell is given around commands, from what the person set.
import { join } from "node:path";
import type { Bounds } from "./bounds.ts";
import { createDomainFilter, type DomainFilter } from "./domain-filter.ts";
import { createSandbox, type Sandbox, type SandboxSettings } from "./sandbox.ts";

export interface ShellOptions {
  /** Of commands in the workspace sandbox; default: on. */
  readonly network?: "on" | "off";
  /** Domains that they may reach, and no others, with @anthropic-ai/sandbox-runtime; empty: as `network` says. */
  readonly domains?: readonly string[];
  /** Folders that commands in the workspace sandbox may write besides the project. */
  readonly writable?: readonly string[];
  /** What becomes of a command when its time is over; default: stop. */
  readonly onTimeout?: "stop" | "background";
  /** Exported variables that carry over to the next command. */
  readonly keepExports?: readonly string[];
  readonly bounds?: Bounds;
}

export interface SandboxedShell {
  readonly sandbox: Sandbox;
  readonly bounds: Bounds;
  readonly keepExports: readonly string[];
  readonly onTimeout: "stop" | "background";
  readonly domainFilter?: DomainFilter;
}

type Given = Pick<SandboxSettings, "root" | "home" | "environment" | "own" | "isSecret" | "cages" | "machine"> & { readonly session: string };

export function setUpSandbox(
  given: Given,
  { network, domains = [], writable = [], onTimeout = "stop", keepExports = [], bounds = {} }: ShellOptions,
): SandboxedShell {
  const { session, ...rest } = given;
  const temporary = join(given.own, "tmp", session);
  const sandbox = createSandbox({ ...rest, path: given.environment["PATH"] ?? "", temporary, network: network !== "off", writable });
  const { guarded, settings } = sandbox;
  const domainFilter =
    domains.length === 0 ? {} : { domainFilter: createDomainFilter({ domains, guarded, writable: [settings.root, temporary, ...writable] }) };
  return { sandbox, bounds, keepExports, onTimeout, ...domainFilter };
}
