// Whether a sandbox can be made on this machine: tried once for each boot and bubblewrap, then remembered in a file.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { trialOf } from "../bash.ts";
import { type Cages, explainFailure } from "../cage.ts";
import { bootId } from "../identity.ts";
import type { Machine } from "../machine.ts";
import type { Abilities } from "./profiles.ts";

export type SandboxState = { readonly works: true } | { readonly works: false /** And the one command that mends it. */; readonly why: string };
export type Probed = { readonly program: string; readonly abilities: Abilities } | { readonly why: string };

/** As the profiles need it, on any machine. */
function trialView(modern: boolean): readonly string[] {
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? ["--cap-drop", "ALL"] : ["--unshare-user", ...(modern ? ["--disable-userns"] : [])];
  return [
    ...["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", ...(modern ? ["--size", "4096"] : []), "--tmpfs", "/tmp"],
    ...["--unshare-net", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try", ...user],
  ];
}

export interface ProbeSettings {
  readonly cages: Cages;
  /** Private; for what is remembered. */
  readonly folder: string;
  readonly machine: Machine;
}

/** What failed is tried again by the next process: it may have been mended. */
export function probe({ cages, folder, machine }: ProbeSettings): Probed {
  const cage = cages.current();
  if (cage.kind !== "namespace") return { why: cages.why() ?? "this system has no sandbox for commands." };
  const { program } = cage;
  const path = join(folder, "probe.json");
  const mark = markOf(program);
  const before = readMarked(path, mark);
  if (before !== null) return { program, abilities: before };
  let says: string | null = null;
  for (const modern of [true, false]) {
    says = machine.runToEnd(program, trialOf(trialView(modern)));
    if (says === null) {
      remember(machine, folder, path, { mark, modern });
      return { program, abilities: { modern } };
    }
  }
  return { why: explainFailure(says ?? "") };
}

/** Another system start, another bubblewrap or another user may answer otherwise. */
function markOf(program: string): string {
  const stat = statSync(program, { throwIfNoEntry: false });
  return [bootId(), program, stat?.size, stat?.mtimeMs, process.getuid?.()].join(" ");
}

function readMarked(path: string, mark: string): Abilities | null {
  try {
    const known = JSON.parse(readFileSync(path, "utf8")) as { readonly mark?: unknown; readonly modern?: unknown } | null;
    return known?.mark === mark && typeof known.modern === "boolean" ? { modern: known.modern } : null;
  } catch {
    return null;
  }
}

function remember(machine: Machine, folder: string, path: string, found: object): void {
  try {
    machine.makeFolder(folder);
    machine.put(`${path}.${process.pid}`, JSON.stringify(found));
    machine.rename(`${path}.${process.pid}`, path);
  } catch {
    // then the next process tries too
  }
}
