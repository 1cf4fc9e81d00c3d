// Which process it is: a pid alone is used again, with its start time it names one process for ever.
import { readdirSync, readFileSync } from "node:fs";

export interface Identity {
  readonly pid: number;
  readonly group: number;
  /** Start time as the kernel counts it (Linux: clock ticks since boot; macOS: a date); null where it can't be had. */
  readonly started: string | null;
  /** The system's boot that `started` counts from; absent where it has none to tell. */
  readonly boot?: string;
}

/** Of a living or not yet collected process. `group` is the pid itself: commands lead their own group. */
export function identify(pid: number): Identity {
  const started = process.platform === "linux" ? startedOnLinux(pid) : process.platform === "darwin" ? startedOnMac(pid) : null;
  const boot = bootId();
  return { pid, group: pid, started, ...(boot === null ? {} : { boot }) };
}

/** Whether this very process still runs. A pid is used again, and so is a start time after the next boot. */
export function isSameProcess(known: Pick<Identity, "pid" | "started"> & { readonly boot?: string }): boolean {
  if (known.started === null) return false;
  const now = identify(known.pid);
  return now.started === known.started && (known.boot === undefined || known.boot === now.boot) && !isDead(known.pid);
}

/** It ended and was not collected. */
function isDead(pid: number): boolean {
  if (process.platform !== "linux") return false;
  try {
    const [state] = statFields(pid);
    return state === "Z" || state === "X";
  } catch {
    return true;
  }
}

let boot: string | null | undefined;
/** Of the system as it runs; null where it has none to tell. */
export function bootId(): string | null {
  if (boot === undefined) {
    try {
      boot = process.platform === "linux" ? readFileSync("/proc/sys/kernel/random/boot_id", "latin1").trim() : null;
    } catch {
      boot = null;
    }
  }
  return boot;
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
  return startFromPs(askPs(["-o", "lstart=", "-p", String(pid)]));
}

/** The answer of `ps -o lstart=`: a date with a second's precision, or nothing. */
export const startFromPs = (answer: string): string | null => answer.trim().replace(/\s+/g, " ") || null;

function askPs(options: readonly string[]): string {
  const { spawnSync } = process.getBuiltinModule("node:child_process");
  return spawnSync("/bin/ps", [...options], { encoding: "utf8", timeout: 1000, env: { LC_ALL: "C" } }).stdout ?? "";
}

/** Whether a process of this group other than `except` still runs; one that ended and was not collected does not count where that can be seen. */
export function groupAlive(group: number, except: number | null = null): boolean {
  try {
    process.kill(-group, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
  if (process.platform === "linux") return groupMembers(group)?.some((pid) => pid !== except) ?? true;
  return except === null || membersFromPs(askPs(["-axo", "pid=,pgid=,stat="]), group).some((pid) => pid !== except);
}

/** Of the answer of `ps -axo pid=,pgid=,stat=` the living processes of a group. */
export function membersFromPs(answer: string, group: number): readonly number[] {
  return answer.split("\n").flatMap((line) => {
    const [pid, processGroup, state = "Z"] = line.trim().split(/\s+/);
    return processGroup === String(group) && !state.startsWith("Z") ? [Number(pid)] : [];
  });
}

/** Null where /proc cannot be read. */
function groupMembers(group: number): readonly number[] | null {
  return processes()?.filter((pid) => fieldsOf(pid)?.[2] === String(group)) ?? null;
}

/** Children of a process that run: Linux only. */
export const childrenOf = (parent: number): readonly number[] => processes()?.filter((pid) => fieldsOf(pid)?.[1] === String(parent)) ?? [];

/** Pids of all processes that can be seen; null where there is no /proc. */
export function processes(): readonly number[] | null {
  try {
    return readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map(Number);
  } catch {
    return null;
  }
}

/** State, parent, group and so on of a process that runs. */
function fieldsOf(pid: number): readonly string[] | null {
  try {
    const fields = statFields(pid);
    return fields[0] === "Z" || fields[0] === "X" ? null : fields;
  } catch {
    return null;
  }
}

/** Null when it does not run, or that can't be seen. */
export function parentOf(pid: number): number | null {
  const parent = Number(fieldsOf(pid)?.[1]);
  return Number.isInteger(parent) ? parent : null;
}

/** The process group of one that runs; null when it does not. */
export function groupOf(pid: number): number | null {
  const group = Number(fieldsOf(pid)?.[2]);
  return Number.isInteger(group) ? group : null;
}
