// Which process it is: a pid alone is used again, with its start time it names one process for ever.
import { readFileSync } from "node:fs";

export interface Identity {
  readonly pid: number;
  readonly group: number;
  /** Start time as the kernel counts it (Linux: clock ticks since boot; macOS: a date); null where it can't be had. */
  readonly started: string | null;
}

/** Of a living or not yet collected process. `group` is the pid itself: commands lead their own group. */
export function identify(pid: number): Identity {
  return { pid, group: pid, started: process.platform === "linux" ? startedOnLinux(pid) : process.platform === "darwin" ? startedOnMac(pid) : null };
}

function startedOnLinux(pid: number): string | null {
  try {
    return statFields(pid)[19] ?? null;
  } catch {
    return null;
  }
}

/** The fields of /proc/<pid>/stat from the third on: the second, the program's name, may hold blanks and brackets. */
function statFields(pid: number): readonly string[] {
  const line = readFileSync(`/proc/${pid}/stat`, "latin1");
  return line.slice(line.lastIndexOf(")") + 2).split(" ");
}

function startedOnMac(pid: number): string | null {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  const answer = spawnSync("/bin/ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", timeout: 1000, env: { LC_ALL: "C" } });
  return answer.stdout?.trim() || null;
}

/** Whether a process of this group still runs; one that ended and was not collected does not count where that can be seen. */
export function groupAlive(group: number): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  return process.platform !== "linux" || groupRunsOnLinux(group);
}

function groupRunsOnLinux(group: number): boolean {
  const { readdirSync } = process.getBuiltinModule("node:fs");
  let names: readonly string[];
  try {
    names = readdirSync("/proc");
  } catch {
    return true;
  }
  return names.some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [state, , processGroup] = statFields(Number(name));
      return processGroup === String(group) && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  });
}
