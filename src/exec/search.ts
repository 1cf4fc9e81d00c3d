// ripgrep for the tools: its arguments as a list, its own settings off, its output bounded.
import { messageOf } from "../base/index.ts";
import { type Machine, nodeMachine } from "./machine.ts";
import { runProgram } from "./program.ts";

export interface Search {
  readonly arguments: readonly string[];
  readonly cwd: string;
  readonly signal: AbortSignal;
  /** Milliseconds. */
  readonly timeout: number;
  /** Bytes of output after which it is ended. */
  readonly limit: number;
}
export interface SearchResult {
  readonly ended: "exited" | "limited" | "timed-out" | "aborted" | "not-started";
  readonly exitCode: number | null;
  readonly output: Uint8Array;
  /** Its error output, or why it did not start. */
  readonly says: string;
}

/** `program` finds the path of ripgrep when the first search needs it; a rejection is told in the result. */
export function createSearch(
  program: () => Promise<string>,
  environment: Readonly<Record<string, string>>,
  machine: Machine = nodeMachine,
): (search: Search) => Promise<SearchResult> {
  return async (search) => {
    const pieces: Uint8Array[] = [];
    let length = 0;
    let path: string;
    try {
      path = await program();
    } catch (error) {
      return {
        ended: "not-started",
        exitCode: null,
        output: new Uint8Array(),
        says: `ripgrep is missing: ${messageOf(error)}. Install bosun again with its optional packages.`,
      };
    }
    const outcome = await runProgram({
      program: path,
      // first, so that no caller can forget it: a settings file could name a program to run on every file
      arguments: ["--no-config", ...search.arguments],
      cwd: search.cwd,
      environment,
      timeout: search.timeout,
      signal: search.signal,
      machine,
      onOutput(chunk) {
        const part = chunk.subarray(0, search.limit - length);
        pieces.push(part);
        length += part.length;
        return length < search.limit;
      },
    });
    const ended = outcome.ended === "enough" ? "limited" : outcome.ended;
    return { ended, exitCode: outcome.exitCode, output: Buffer.concat(pieces), says: outcome.errors.trim() };
  };
}
