// Peak memory of a process and its children: proportional set size, so that shared pages are not counted twice. Linux only.
import { readdirSync, readFileSync } from "node:fs";

const everyMilliseconds = 10;

/** Bytes. `resident` counts what several processes share in each of them: an upper bound that does not depend on who else runs. */
export interface Memory {
  readonly proportional: number;
  readonly resident: number;
}
export interface MemoryWatch {
  /** Ends the watch; each figure at its own peak, or null where nothing could be read. */
  end(): Memory | null;
}

export function watchMemory(pid: number): MemoryWatch {
  let peak: Memory | null = null;
  const look = (): void => {
    const tree = treeMemory(pid);
    if (tree === null) return;
    peak = { proportional: Math.max(peak?.proportional ?? 0, tree.proportional), resident: Math.max(peak?.resident ?? 0, tree.resident) };
  };
  const timer = setInterval(look, everyMilliseconds);
  return {
    end() {
      clearInterval(timer);
      return peak;
    },
  };
}

/** A process and all below it; null when it is gone or the system does not say. */
export function treeMemory(pid: number): Memory | null {
  let own: Memory;
  let children: readonly number[];
  try {
    const rollup = readFileSync(`/proc/${pid}/smaps_rollup`, "utf8");
    const kibibytes = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(rollup)?.[1]);
    own = { proportional: kibibytes("Pss") * 1024, resident: kibibytes("Rss") * 1024 };
    if (Number.isNaN(own.proportional + own.resident)) return null;
    const threads = readdirSync(`/proc/${pid}/task`);
    children = threads.flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").trim().split(" ").filter(Boolean).map(Number));
  } catch {
    return null;
  }
  return children
    .map(treeMemory)
    .filter((child) => child !== null)
    .reduce((sum, child) => ({ proportional: sum.proportional + child.proportional, resident: sum.resident + child.resident }), own);
}
