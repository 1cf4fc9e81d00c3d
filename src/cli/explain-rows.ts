// `bosun explain --jsonl`: a row in, a row out, in the same order. No settings of anybody; mode ask.
import { realpathSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { resolve } from "node:path";
import { isJsonObject, type Json } from "../base/index.ts";
import { createPolicy } from "../permissions/index.ts";
import { type CommandPlace, judgeCommand, judgedJson } from "./judged.ts";
import type { Terminal } from "./terminal.ts";

/** Characters of one row. */
const longest = 4 * 1024 * 1024;

/** Resolves with how many rows could not be judged. */
export async function explainRows(place: CommandPlace, terminal: Terminal): Promise<number> {
  const { policy } = createPolicy({ root: place.root, home: homedir(), mode: "ask", rules: [] });
  let line = 0;
  let bad = 0;
  let out: string[] = [];
  const flush = async (): Promise<void> => {
    const text = out.join("");
    out = [];
    if (text !== "") await terminal.out(text);
  };
  for await (const text of linesOfStdin()) {
    line += 1;
    if (text?.trim() === "") continue;
    const row = readRow(text, line, place);
    if ("error" in row) {
      bad += 1;
      out.push(`${JSON.stringify(row)}\n`);
    } else {
      const { id, command, cwd } = row;
      out.push(`${JSON.stringify({ id, ...judgedJson(await judgeCommand(command, { cwd, root: place.root, home: place.home }, policy)) })}\n`);
    }
    if (out.length >= 64) await flush();
    if (terminal.gone.aborted) break;
  }
  await flush();
  return bad;
}

type Row = { readonly id: Json; readonly command: string; readonly cwd: string } | { readonly id: Json; readonly line: number; readonly error: string };

function readRow(text: string | null, line: number, place: CommandPlace): Row {
  const failed = (error: string, id: Json = null): Row => ({ id, line, error });
  if (text === null) return failed(`the row has more than ${longest} characters`);
  let row: Json;
  try {
    row = JSON.parse(text) as Json;
  } catch {
    return failed("the row is no JSON");
  }
  if (!isJsonObject(row)) return failed('the row is no object: write {"id": …, "command": …}');
  const { id = null, command, cwd } = row;
  if (typeof command !== "string") return failed('its "command" is missing or no text', id);
  if (cwd === undefined || cwd === null) return { id, command, cwd: place.cwd };
  if (typeof cwd !== "string") return failed('its "cwd" is no text', id);
  try {
    const folder = realpathSync.native(resolve(place.cwd, cwd));
    return statSync(folder).isDirectory() ? { id, command, cwd: folder } : failed('its "cwd" is no folder', id);
  } catch {
    return failed('its "cwd" is not there', id);
  }
}

/** Null: a row that is too long. */
async function* linesOfStdin(): AsyncGenerator<string | null> {
  let rest = "";
  let dropped = false;
  process.stdin.setEncoding("utf8");
  for await (const chunk of process.stdin as AsyncIterable<string>) {
    const parts = (rest + chunk).split("\n");
    rest = parts.pop() ?? "";
    for (const part of parts) {
      yield dropped || part.length > longest ? null : part;
      dropped = false;
    }
    if (rest.length > longest) {
      dropped = true;
      rest = "";
    }
  }
  if (dropped) yield null;
  else if (rest !== "") yield rest;
}
