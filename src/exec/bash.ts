// Which bash, and what it is given around the command.
import * as fs from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { type Machine, removeQuietly } from "./machine.ts";
import { type Bounds, boundsText } from "./sandbox/bounds.ts";
import { sayExports } from "./sandbox/exports.ts";

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

/** What is put around a command so that nothing of it outlives this process. */
export type Cage =
  /** Only its process group: what dies with nobody goes on. */
  | { readonly kind: "none" }
  /** A process that holds a line to this one and kills the group when it breaks. What left the group escapes. */
  | { readonly kind: "watched" }
  /** A process namespace: when this process dies, however it dies, the kernel ends all that is in it. */
  | {
      readonly kind: "namespace" /** bubblewrap */;
      readonly program: string /** What of the file system it sees, as arguments. */;
      readonly view: readonly string[];
    };

/** Descriptors of the shell: 3 the line to this process, 4 the prologue, 5 the output, 6 and 7 the exit file. */
export const descriptors = { line: 3, prologue: 4, output: 5, exitOfProgram: 6, exitOfShell: 7 } as const;

/** The file system as it is, with the namespace's own /proc. */
export const wholeView: readonly string[] = ["--dev-bind", "/", "/", "--proc", "/proc"];

/**
 * Joins errors to the output in one order, and lets the shell say at its end its folder, its exit code and whether it
 * leaves something running, on descriptors that scripts do not use. The trap can't change the exit code (bash keeps
 * it), nor the output (nothing of it is traced or printed); it is lost when the command sets its own EXIT trap or
 * replaces the shell. In a namespace the shell first writes to the line: that fails if this process died before the
 * kernel knew that the namespace has to die with it. If something is left there, a keeper takes the shell's place,
 * since the namespace ends with it; it leaves the group, so that the group is empty when all that was asked to end has.
 */
function prologueOf(cage: Cage["kind"], hasExitFile: boolean, bounds: string, exports: string): string {
  const inside = cage === "namespace";
  const keeper = '/bin/sh -c "s=0.05; while set -- /proc/[0-9]*; [ \\$# -gt 2 ]; do sleep \\$s; s=0.5; done" keeper 198>&- 199>&-';
  const count = inside ? 'set -- "$1" /proc/[0-9]*; if [ $# -gt 3 ]; then set -- "$1" 1; else set -- "$1" 0; fi' : 'set -- "$1" 0';
  const note = inside && !hasExitFile ? "" : `${inside ? "[ $2 = 1 ] && " : ""}builtin printf "{ \\"said\\": %d }\\n" "$1" >&198; `;
  const say = `builtin pwd -P >&199; ${exports}builtin printf "\\0%d %d\\n" "$1" "$2" >&199`;
  const atEnd = `trap '{ set -- "$?"; trap - DEBUG; set +xf; ${count}; ${hasExitFile ? note : ""}${say}; ${inside ? `[ $2 = 1 ] && { shopt -s execfail; exec setsid ${keeper}; exec ${keeper}; }; ` : ""}} >/dev/null 2>&1' EXIT`;
  // also when this process is gone before it can say which one it is
  const watcher = `trap "" HUP INT TERM PIPE; builtin printf "<watcher %d>" $$ >&3; read -r _ <&3; kill -KILL -- -$1`;
  const begin = {
    none: "",
    // forked twice: the command's shell does not know it, so that "wait" does not wait for it
    watched: `( ( exec "$BASH" --noprofile --norc -c '${watcher}' watcher $$ 4<&- 5>&- 7>&- >/dev/null 2>&1 ) & ); `,
    namespace: "builtin printf 'ready\\n' >&3 || exit 125; ",
  }[cage];
  return `${begin}${bounds}${atEnd}; exec 199>&3 3>&- ${hasExitFile ? "198>&7 7>&- " : ""}1>&5 2>&1 5>&-`;
}

export interface BashStart {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Descriptor that must become the shell's prologue, or null. */
  readonly prologue: number | null;
}

export interface BashRequest {
  readonly bash: string;
  readonly command: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Private; holds the prologue's file for a moment. */
  readonly folder: string;
  readonly cage: Cage;
  readonly hasExitFile: boolean;
  readonly machine: Machine;
  readonly bounds?: Bounds | undefined;
  /** Names of exported variables that it says at its end. */
  readonly exports?: readonly string[] | undefined;
}

/**
 * The command's text stays as it is: no quoting, no evaluation of its own. On Linux the prologue comes by BASH_ENV,
 * which it takes away again, so that the line numbers in the shell's messages are the command's; elsewhere it is a
 * line before the command.
 */
export function startOf({ bash, command, environment, folder, cage, hasExitFile, machine, bounds, exports = [] }: BashRequest): BashStart {
  const options = [bash, "--noprofile", "--norc", "-c"];
  const text = prologueOf(cage.kind, hasExitFile, boundsText(bounds, cage.kind), sayExports(exports));
  const prologue = process.platform === "linux" ? prologueFile(machine, folder, `unset BASH_ENV; exec 4<&-; ${text}\n`) : null;
  const around = (argv: readonly string[]) => (cage.kind === "namespace" ? [...namespaceArguments(cage, hasExitFile), ...argv] : argv);
  if (prologue === null) return { argv: around([...options, `${text}\n${command}`, "bash"]), environment, prologue };
  return { argv: around([...options, command, "bash"]), environment: { ...environment, BASH_ENV: "/proc/self/fd/4" }, prologue };
}

const ownNamespace = ["--unshare-pid", "--die-with-parent", "--new-session"] as const;

/** A namespace with this view and nothing in it, to hear whether it can be made. */
export const trialOf = (view: readonly string[]): readonly string[] => [...view, ...ownNamespace, "--", "/bin/sh", "-c", "exit 0"];

/** A session of its own inside, so that a signal can be sent to the command and not to what carries it. */
function namespaceArguments(cage: Extract<Cage, { readonly kind: "namespace" }>, hasExitFile: boolean): readonly string[] {
  const status = hasExitFile ? ["--json-status-fd", String(descriptors.exitOfProgram)] : [];
  return [cage.program, ...cage.view, ...ownNamespace, ...status, "--"];
}

const opened = new WeakMap<Machine, Map<string, number>>();
/** They are made anew when they are needed again. */
export function closePrologues(machine: Machine): void {
  for (const descriptor of opened.get(machine)?.values() ?? []) fs.closeSync(descriptor);
  opened.delete(machine);
}

/** One open file without a name for each text, for all commands of this process on one machine. */
function prologueFile(machine: Machine, folder: string, text: string): number | null {
  const ours = opened.get(machine) ?? new Map<string, number>();
  opened.set(machine, ours);
  const known = ours.get(text);
  if (known !== undefined) return known;
  const path = join(folder, `prologue-${process.getBuiltinModule("node:crypto").randomBytes(12).toString("hex")}`);
  try {
    machine.put(path, text);
    const descriptor = fs.openSync(path, fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW);
    ours.set(text, descriptor);
    return descriptor;
  } catch {
    return null;
  } finally {
    removeQuietly(machine, path);
  }
}
