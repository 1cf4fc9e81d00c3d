// Processes of a command wherever they have gone: the environment that a command was started with carries a mark.
import { readFileSync } from "node:fs";
import { groupOf, processes } from "./identity.ts";

/** Name of the variable whose value is the key of the step. */
export const markName = "BOSUN_STEP";

export interface Stray {
  readonly pid: number;
  readonly group: number | null;
  /** Its command line, shortened. */
  readonly says: string;
}

/**
 * Living processes that carry the mark of one of these steps. Linux only, and only of processes whose environment may
 * be read; one that cleared its environment is not found.
 */
export function findStrays(marks: readonly string[]): readonly Stray[] {
  const wanted = marks.map((mark) => `\0${markName}=${mark}\0`);
  return (processes() ?? []).flatMap((pid): readonly Stray[] => {
    if (pid === process.pid) return [];
    const environment = `\0${readSafely(`/proc/${pid}/environ`)}\0`;
    if (!wanted.some((mark) => environment.includes(mark))) return [];
    const says = readSafely(`/proc/${pid}/cmdline`).split("\0").join(" ").trim().slice(0, 120);
    return [{ pid, group: groupOf(pid), says: says === "" ? "(no command line)" : says }];
  });
}

function readSafely(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}
