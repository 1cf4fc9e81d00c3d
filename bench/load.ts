// How busy the machine was with something else meanwhile: a figure taken beside a compiler run says little.
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export interface LoadWatch {
  /** Share of all cores (0 to 1) that others used since the last look; null where the system does not say. */
  look(): number | null;
}

interface Ticks {
  readonly busy: number;
  readonly all: number;
  readonly own: number;
}

/** `pids`: long-lived helpers of our own, whose work is not others'. What ended and was waited for counts as ours. */
export function watchLoad(pids: readonly number[]): LoadWatch {
  let before = ticks(pids);
  return {
    look() {
      const after = ticks(pids);
      const from = before;
      before = after;
      if (!from || !after || after.all === from.all) return null;
      return Math.max(0, after.busy - from.busy - (after.own - from.own)) / (after.all - from.all);
    },
  };
}

function ticks(pids: readonly number[]): Ticks | null {
  try {
    const columns = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "").trim().split(/\s+/).slice(1, 9).map(Number);
    const all = columns.reduce((sum, value) => sum + value, 0);
    const idle = (columns[3] ?? 0) + (columns[4] ?? 0);
    const helpers = pids.reduce((sum, pid) => sum + ticksOf(pid, 2), 0);
    return { busy: all - idle, all, own: ticksOf(process.pid, 4) + helpers };
  } catch {
    return null;
  }
}

/** User and system time; with four columns also that of ended children. */
function ticksOf(pid: number, columns: 2 | 4): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 11 + columns).reduce((sum, value) => sum + Number(value), 0);
}

export const machine = (): string => `${process.platform} ${process.arch}, ${availableParallelism()} cores, Node ${process.version}`;
