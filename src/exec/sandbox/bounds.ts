// Limits of a command's processes, set by its shell before it begins: they hold for all that it starts.

export interface Bounds {
  /** Processes and threads of one command. Root has no such limit; without a namespace it would count all of the person's. */
  readonly processes?: number;
  /** MiB of each process, at least 1024: Node reserves half of that at once. Sanitizers reserve all addresses and need none set. */
  readonly memory?: number;
  /** MiB of each file that it writes. */
  readonly file?: number;
  /** Files that each process has open; at least 256, since the shell's own have high numbers. */
  readonly openFiles?: number;
}

/**
 * Memory is counted as what a process has written or may write (RLIMIT_DATA): runtimes reserve far more addresses than they
 * use, so a limit on these (RLIMIT_AS) would keep them from starting. What the system can't do is left out silently. The
 * last part makes the kernel, when memory ends, choose the command before this process.
 */
export function boundsText(bounds: Bounds | undefined, cage: "none" | "watched" | "namespace"): string {
  if (bounds === undefined || process.platform !== "linux") return "";
  const { processes, memory, file, openFiles } = bounds;
  const counted = cage === "namespace" && process.getuid?.() !== 0;
  const parts: readonly (readonly [string, number | undefined])[] = [
    ["f", file === undefined ? undefined : file * 1024],
    ["n", openFiles === undefined ? undefined : Math.max(256, openFiles)],
    ["d", memory === undefined ? undefined : Math.max(1024, memory) * 1024],
    ["u", counted ? processes : undefined],
  ];
  const set = parts.flatMap(([option, value]) => (value === undefined ? [] : [`builtin ulimit -${option} ${value}`]));
  return `{ ${[...set, "builtin printf 500 >/proc/self/oom_score_adj"].join("; ")}; } 2>/dev/null; `;
}
