// `bosun model-server SCRIPT`: a script file becomes a running server. Prints nothing.
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { BosunError, codeOf, messageOf, type Outcome } from "../base/index.ts";
import { type ModelServer, type ModelServerOptions, startModelServer } from "./model-server.ts";
import { parseScript } from "./parse-script.ts";
import type { Script } from "./script.ts";

export interface RunningServer extends ModelServer {
  readonly script: Script;
}

/** `path` may be relative to the working folder. Errors: a file that can't be read or is no script, a port that is taken. */
export async function serveScript(path: string, options: Omit<ModelServerOptions, "script"> = {}): Promise<Outcome<RunningServer>> {
  const script = await readScript(path);
  if (!script.ok) return script;
  try {
    const server = await startModelServer({ ...options, script: script.value });
    return { ok: true, value: { ...server, script: script.value } };
  } catch (thrown) {
    const taken = codeOf(thrown) === "EADDRINUSE";
    const says = taken ? `Port ${options.port} is taken.` : `The model server can't listen on port ${options.port ?? 0}: ${messageOf(thrown)}.`;
    return { ok: false, error: new BosunError("usage", says, { cause: thrown, next: "Choose another with --port, or leave it out to get one that is free." }) };
  }
}

/** Reads and checks a script file. */
export async function readScript(path: string): Promise<Outcome<Script>> {
  const file = resolve(path);
  try {
    return parseScript(await readFile(file, "utf8"), file);
  } catch (thrown) {
    const says = codeOf(thrown) === "ENOENT" ? `There is no file ${file}.` : `${file} can't be read: ${messageOf(thrown)}.`;
    return { ok: false, error: new BosunError("script-malformed", says, { cause: thrown, next: "Check the path of the script." }) };
  }
}
