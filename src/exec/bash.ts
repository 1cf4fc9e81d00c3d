// Which bash, and what it is given around the command.
import * as fs from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";

let found: string | null = null;

/** Path of bash, looked for once: system folders first, since a project can add to PATH. Null when there is none. */
export function findBash(path: string): string | null {
  if (found !== null) return found;
  const usual = process.platform === "darwin" ? ["/opt/homebrew/bin", "/usr/local/bin", "/bin"] : ["/usr/bin", "/bin", "/usr/local/bin"];
  found = locate("bash", usual) ?? locate("bash", path.split(delimiter));
  return found;
}

/** The first of `folders` with an executable file of this name; relative folders do not count. */
export function locate(program: string, folders: readonly string[]): string | null {
  for (const folder of folders) {
    if (!isAbsolute(folder)) continue;
    const path = join(folder, program);
    try {
      fs.accessSync(path, fs.constants.X_OK);
      if (fs.statSync(path).isFile()) return path;
    } catch {
      // not there: the next one
    }
  }
  return null;
}

/**
 * Joins errors to the output in one order, and lets the shell say its folder when it ends, on a descriptor that
 * scripts do not use. The trap can't change the exit code (bash keeps it), nor the output (nothing of it is
 * traced or printed); it is lost when the command sets its own EXIT trap or replaces the shell.
 */
const prologue = "trap '{ trap - DEBUG; set +x; builtin pwd -P >&199; } >/dev/null 2>&1' EXIT; exec 199>&3 3>&- 2>&1";

export interface BashStart {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor that must become number 4 of the shell, or null. */
  readonly descriptor: number | null;
}

/**
 * The command's text stays as it is: no quoting, no evaluation of its own. On Linux the prologue comes by BASH_ENV,
 * which it takes away again, so that the line numbers in the shell's messages are the command's; elsewhere it is a
 * line before the command. `folder` is private and holds the prologue's file for a moment.
 */
export function startOf(bash: string, command: string, environment: Readonly<Record<string, string>>, folder: string): BashStart {
  const options = [bash, "--noprofile", "--norc", "-c"];
  const descriptor = process.platform === "linux" ? prologueFile(folder) : null;
  if (descriptor === null) return { argv: [...options, `${prologue}\n${command}`, "bash"], environment, descriptor };
  return { argv: [...options, command, "bash"], environment: { ...environment, BASH_ENV: "/proc/self/fd/4" }, descriptor };
}

let opened: number | null = null;
/** One open file without a name, for all commands of this process. */
function prologueFile(folder: string): number | null {
  if (opened !== null) return opened;
  const path = join(folder, `prologue-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}`);
  try {
    fs.writeFileSync(path, `unset BASH_ENV; exec 4<&-; ${prologue}\n`, { flag: "wx", mode: 0o600 });
    opened = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    return opened;
  } catch {
    return null;
  } finally {
    fs.rmSync(path, { force: true });
  }
}
