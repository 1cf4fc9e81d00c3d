// Where one command of a session is put: the cage it has anyway, with the view of its profile.
import type { Cage } from "../bash.ts";
import type { RunFolder } from "../runs.ts";
import type { Arrangement, Profile, Sandbox } from "./sandbox.ts";

/** What a command ran in. */
export interface SandboxReport {
  readonly profile: Profile;
  /** False: what the profile promises was not there. */
  readonly made: boolean;
  readonly why?: string;
}

export interface Placed {
  readonly cage: Cage;
  readonly environment: Readonly<Record<string, string>>;
  readonly report: SandboxReport | null;
  readonly arrangement: Arrangement | null;
}

export interface PlaceRequest {
  readonly profile: Profile | undefined;
  readonly cage: Cage;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly run: RunFolder | null;
}

export const noSandbox = "this program has set up no sandbox.";

/** `sandbox` absent: nobody set one up. */
export function placeCommand(sandbox: Sandbox | undefined, request: PlaceRequest): Placed | { readonly refused: string } {
  const { profile, cage, cwd, environment, run } = request;
  const bare = (report: SandboxReport | null): Placed => ({ cage, environment, report, arrangement: null });
  if (profile === undefined) return bare(null);
  if (profile === "open") return bare({ profile, made: cage.kind === "namespace" });
  if (sandbox === undefined) return bare({ profile, made: false, why: noSandbox });
  const arrangement = sandbox.arrange(profile, cwd, run);
  if ("refused" in arrangement) return arrangement;
  if ("why" in arrangement) return bare({ profile, made: false, why: arrangement.why });
  const { program, view } = arrangement;
  return { cage: { kind: "namespace", program, view }, environment: arrangement.environment(environment), report: { profile, made: true }, arrangement };
}

/** The arrangements of commands that go on, ended when these have. */
export interface Arrangements {
  /** `alive`: null when nothing of the command goes on. */
  add(arrangement: Arrangement | null, alive: (() => boolean) | null): void;
  /** Whether one of them is still needed. */
  sweep(): boolean;
}

export function createArrangements(): Arrangements {
  const open = new Map<Arrangement, () => boolean>();
  return {
    add(arrangement, alive) {
      if (arrangement === null) return;
      if (alive === null) arrangement.end();
      else open.set(arrangement, alive);
    },
    sweep() {
      for (const [arrangement, alive] of open) {
        if (alive()) continue;
        open.delete(arrangement);
        arrangement.end();
      }
      return open.size > 0;
    },
  };
}
