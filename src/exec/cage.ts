// How commands are kept from outliving this process: a namespace where one can be made, else a watcher.
//
// The first command is the probe: bubblewrap begins nothing of it before the namespace stands, so a failure there has
// done nothing, and the command is started again, watched. A machine where it works pays nothing for the finding out.
import { existsSync } from "node:fs";
import { delimiter } from "node:path";
import { type Cage, locate, trialOf, wholeView } from "./bash.ts";
import { type Machine, nodeMachine } from "./machine.ts";

export interface Cages {
  /** For the next command. */
  current(): Cage;
  /** The namespace could not be made: from now on commands are watched. */
  giveUp(): void;
  /** What is missing for a namespace, and what mends it; null while nothing is known to be. */
  why(): string | null;
}

/** `path`: where to look for bubblewrap; `onMissing` is told once what is missing and what mends it. */
export function createCages(path: string, onMissing: (says: string) => void, machine: Machine = nodeMachine): Cages {
  let cage: Cage | null = null;
  let why: string | null = null;
  const without = (reason: string): Cage => {
    why = reason;
    onMissing(
      `Commands run without a process namespace: ${reason} When bosun is killed, their process group is ended; a process that left it would go on, and is looked for and reported.`,
    );
    return { kind: "watched" };
  };
  return {
    current() {
      cage ??= find(path, without);
      return cage;
    },
    giveUp() {
      if (cage?.kind === "namespace") cage = without(whyNot(machine, cage.program));
    },
    why: () => why,
  };
}

function find(path: string, without: (reason: string) => Cage): Cage {
  if (process.platform === "win32") return { kind: "none" }; // no command runs there, which is said of each
  if (process.platform !== "linux") return without(`${process.platform === "darwin" ? "macOS" : process.platform} has none.`);
  const folders = path.split(delimiter);
  // system folders first, since a project can add to PATH
  const system = ["/usr/bin", "/bin", "/usr/local/bin"].filter((folder) => folders.includes(folder));
  const program = locate("bwrap", system) ?? locate("bwrap", folders);
  if (program === null) return without(`bubblewrap is not installed. Install it, for example with: ${installCommand()}.`);
  return { kind: "namespace", program, view: wholeView };
}

function installCommand(): string {
  const managers = [
    ["apt-get", "sudo apt-get install bubblewrap"],
    ["dnf", "sudo dnf install bubblewrap"],
    ["pacman", "sudo pacman -S bubblewrap"],
    ["apk", "sudo apk add bubblewrap"],
    ["zypper", "sudo zypper install bubblewrap"],
  ] as const;
  return managers.find(([program]) => locate(program, ["/usr/bin", "/bin", "/sbin", "/usr/sbin"]) !== null)?.[1] ?? "sudo apt-get install bubblewrap";
}

/** Runs bubblewrap with nothing in it, to hear what it says. */
function whyNot(machine: Machine, program: string): string {
  return explainFailure(machine.runToEnd(program, trialOf(wholeView)) ?? "");
}

const inContainer = (): boolean => existsSync("/.dockerenv") || existsSync("/run/.containerenv");

/** What bubblewrap's own words mean, and the one command that mends it. */
export function explainFailure(says: string, container: boolean = inContainer()): string {
  const words = says.trim().split("\n")[0]?.slice(0, 200) || "bubblewrap gave no reason";
  if (container) {
    return `this container does not allow one (${words}). Start it with: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined …`;
  }
  if (/uid map|RTM_NEWADDR|Permission denied/.test(says)) {
    return `the system keeps unprivileged programs from making one (${words}). On Ubuntu 24.04 and later its AppArmor rule does; mend it with: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0`;
  }
  if (/No permissions to creat|Creating new namespace failed|Operation not permitted|No space left/.test(says)) {
    return `user namespaces are switched off (${words}). Switch them on with: sudo sysctl -w user.max_user_namespaces=15000`;
  }
  return `bubblewrap cannot make one (${words}). See what it says with: bwrap --dev-bind / / --proc /proc --unshare-pid true`;
}
