// What a child process says, and how it ends.
import type { ChildProcess } from "node:child_process";

export interface ChildEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}
export interface Listened {
  /** So far; empty too where it is no pipe. */
  stdout(): string;
  stderr(): string;
  /** When it has ended and all that it said is here. */
  readonly ended: Promise<ChildEnd>;
}

/** To be called before the child can have said anything: in the turn of the loop that started it. */
export function listenTo(child: ChildProcess): Listened {
  const said = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const)
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      said[name] += text;
    });
  const ended = new Promise<ChildEnd>((resolve) => child.on("close", (code, signal) => resolve({ code, signal, ...said })));
  return { stdout: () => said.stdout, stderr: () => said.stderr, ended };
}
