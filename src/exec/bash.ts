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
const prologue = `trap '{ trap - DEBUG; set +x; builtin pwd -P >&199; } >/dev/null 2>&1' EXIT; exec 199>&3 3>&- 2>&1\n`;

/** The command's text stays as it is: no quoting, no evaluation of its own. */
export const bashArguments = (bash: string, command: string): readonly string[] => [bash, "--noprofile", "--norc", "-c", prologue + command, "bash"];
