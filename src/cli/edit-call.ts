// A person changes a call before it runs: in their editor, where one is set, else on a line. Of a command, the command alone.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isJsonObject, type Json, messageOf, parseJson } from "../base/index.ts";
import type { Request } from "../permissions/index.ts";
import { visible } from "./text.ts";

export interface EditOptions {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly ask: (prompt: string, signal: AbortSignal) => Promise<string | null>;
  readonly write: (text: string) => void;
  /** Leaves the terminal to somebody else while `work` goes on. */
  readonly aside: <Value>(work: () => Promise<Value>) => Promise<Value>;
}

/** Null: it stays as it was, and why was said. */
export async function editCall({ call, effect }: Pick<Request, "call" | "effect">, options: EditOptions, signal: AbortSignal): Promise<Json | null> {
  const isCommand = effect === "execute" && isJsonObject(call.input) && typeof call.input["command"] === "string";
  const before = isCommand ? String((call.input as Record<string, Json>)["command"]) : JSON.stringify(call.input, null, 2);
  const editor = options.environment["VISUAL"] || options.environment["EDITOR"];
  const text = editor
    ? await inEditor(editor, before, isCommand ? "command.sh" : "call.json", options, signal)
    : await onLine(before, isCommand, options, signal);
  if (text === null || text.trim() === "" || text === before) {
    options.write("The call stays as it was.\n");
    return null;
  }
  if (isCommand) return { ...(call.input as Record<string, Json>), command: text };
  const parsed = parseJson(text);
  if (parsed.ok) return parsed.value;
  options.write(`That is no JSON (${visible(parsed.why)}); the call stays as it was.\n`);
  return null;
}

async function onLine(before: string, isCommand: boolean, { ask, write }: EditOptions, signal: AbortSignal): Promise<string | null> {
  const shown = isCommand ? before : JSON.stringify(JSON.parse(before));
  write(`${visible(shown)}\n`);
  return ask(`${isCommand ? "the command" : "its input as JSON"} instead (nothing: as it was) › `, signal);
}

async function inEditor(editor: string, before: string, name: string, { write, aside }: EditOptions, signal: AbortSignal): Promise<string | null> {
  const folder = mkdtempSync(join(tmpdir(), "bosun-edit-"));
  const path = join(folder, name);
  try {
    writeFileSync(path, `${before}\n`, { mode: 0o600 });
    const problem = await aside(() => runEditor(editor, path, signal));
    if (problem === null) return readFileSync(path, "utf8").replace(/\r?\n$/, "");
    write(`${visible(problem)}\n`);
  } catch (error) {
    write(`The editor can't be used: ${visible(messageOf(error))}\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return null;
}

/** The setting may have arguments, so a shell reads it, as for git. Null: it ended well. */
function runEditor(editor: string, path: string, signal: AbortSignal): Promise<string | null> {
  const { spawn } = process.getBuiltinModule("node:child_process");
  return new Promise((resolve) => {
    const child = spawn("/bin/sh", ["-c", `${editor} "$1"`, "sh", path], { stdio: "inherit" });
    const end = (): void => void child.kill();
    signal.addEventListener("abort", end, { once: true });
    const finish = (problem: string | null): void => {
      signal.removeEventListener("abort", end);
      resolve(problem);
    };
    child.on("error", (error) => finish(`The editor "${editor}" can't be started: ${messageOf(error)}.`));
    child.on("close", (code) => finish(code === 0 ? null : `The editor "${editor}" ended with ${code ?? "a signal"}.`));
  });
}
