// The handle on the responder's process: one script at a time, then what it saw.
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { Script } from "./script.ts";

export type Order = { readonly type: "play"; readonly script: Script; readonly keep: boolean } | { readonly type: "collect" };

/** Times in milliseconds on the machine's monotonic clock (now.ts). */
export interface Played {
  /** When the headers of each model request had been read. */
  readonly arrived: readonly number[];
  /** Just before each reply was handed to the kernel, in one piece. */
  readonly handed: readonly number[];
  /** The requests' bodies, where they were to be kept; `last` is always there. */
  readonly bodies: readonly string[];
  readonly last: string;
  /** Requests that were no model calls. */
  readonly strange: readonly string[];
  readonly connections: number;
}

export interface Responder {
  /** Base URL of the Anthropic wire, without "/v1". */
  readonly url: string;
  readonly pid: number;
  play(script: Script, keep: boolean): Promise<void>;
  collect(): Promise<Played>;
  close(): void;
}

export async function startResponder(): Promise<Responder> {
  const child = fork(join(import.meta.dirname, "responder-process.ts"), { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const listening = await next<{ readonly port: number }>(child);
  const ask = async <Answer>(order: Order): Promise<Answer> => {
    child.send(order);
    return next<Answer>(child);
  };
  return {
    url: `http://127.0.0.1:${listening.port}`,
    pid: child.pid ?? 0,
    play: async (script, keep) => void (await ask({ type: "play", script, keep })),
    collect: async () => (await ask<{ readonly played: Played }>({ type: "collect" })).played,
    close: () => child.disconnect(),
  };
}

function next<Message>(child: ChildProcess): Promise<Message> {
  return new Promise((resolve, reject) => {
    const died = (code: number | null) => reject(new Error(`the responder ended with ${code}`));
    child.once("exit", died);
    child.once("message", (message) => {
      child.off("exit", died);
      resolve(message as Message);
    });
  });
}
