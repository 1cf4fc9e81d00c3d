// The shell of a session: commands one after another, of which only the working folder is kept.
import { readFileSync, rmSync, statSync } from "node:fs";
import { BosunError, type Outcome } from "../base/index.ts";
import type { Identity } from "./identity.ts";
import { createPipes } from "./pipes.ts";
import { type CommandRequest, runCommand } from "./process.ts";
import { systemSays } from "./system-error.ts";

export interface ShellSettings {
  /** Where the first command starts: absolute, links resolved. */
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string>>;
  /** A private folder that exists: for output on its way to the store and for pipes. */
  readonly folder: string;
  /** Keeps the whole output of a command; gives its SHA-256. */
  readonly keep: (bytes: Uint8Array) => Promise<Outcome<string>>;
  readonly headBytes?: number;
  readonly tailBytes?: number;
  readonly wholeBytes?: number;
  readonly wrap?: CommandRequest["wrap"];
}
export interface ShellCommand {
  readonly command: string;
  readonly cwd: string;
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
  readonly onStart: (process: Identity) => void;
}
export interface ShellResult {
  readonly ended: "exited" | "signalled" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly head: string;
  readonly tail: string;
  readonly omittedBytes: number;
  readonly totalBytes: number;
  /** SHA-256 of the kept output, when something was left out of head and tail. */
  readonly blob: string | null;
  readonly cwd: string | null;
  readonly milliseconds: number;
  readonly says?: string;
}
export interface Shell {
  run(command: ShellCommand): Promise<ShellResult>;
  /** The folder the next command starts in; the first one again when it does not exist any more, which the next outcome says. */
  cwd(): string;
  /** Sets it, as a resumed session does. */
  enter(folder: string): void;
  /** Lets go of its pipes. */
  close(): void;
}

export function createShell(settings: ShellSettings): Shell {
  let here = settings.cwd;
  let lost: string | null = null;
  const pipes = createPipes(settings.folder);
  const limits = {
    headBytes: settings.headBytes ?? 10_000,
    tailBytes: settings.tailBytes ?? 20_000,
    wholeBytes: settings.wholeBytes ?? 8 * 1024 * 1024,
    folder: settings.folder,
  };
  return {
    cwd() {
      if (here !== settings.cwd && !isFolder(here)) {
        lost = here;
        here = settings.cwd;
      }
      return here;
    },
    close: () => pipes.close(),
    enter(folder) {
      here = folder;
    },
    async run(command) {
      const {
        whole,
        left: _left,
        cwd,
        says,
        ...outcome
      } = await runCommand({ ...command, environment: settings.environment, limits, pipes, wrap: settings.wrap });
      const kept = whole === null ? null : await keepFile(whole, settings.keep);
      const folder = cwd !== null && isFolder(cwd) ? cwd : null;
      if (folder !== null) here = folder;
      const moved = lost === null ? undefined : `The working folder ${lost} does not exist any more: this ran in ${command.cwd}.`;
      lost = null;
      const remarks = [moved, says, kept !== null && !kept.ok ? `The whole output could not be kept: ${kept.error.message}` : undefined].filter(
        (text) => text !== undefined,
      );
      return { ...outcome, cwd: folder, blob: kept?.ok ? kept.value : null, ...(remarks.length === 0 ? {} : { says: remarks.join(" ") }) };
    },
  };
}

async function keepFile(path: string, keep: ShellSettings["keep"]): Promise<Outcome<string>> {
  try {
    return await keep(readFileSync(path));
  } catch (error) {
    return { ok: false, error: new BosunError("file-failed", `${path}: ${systemSays(error)}.`, { cause: error }) };
  } finally {
    rmSync(path, { force: true });
  }
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
