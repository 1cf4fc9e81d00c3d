// What stands on standard input, when it is no terminal.
import { BosunError, type Outcome } from "../base/index.ts";

/** Bytes of a prompt on stdin. */
const most = 8 * 1024 * 1024;
/** How long a pipe may be silent before it counts as one that nobody writes to, when there is a prompt without it. */
const patience = 3000;

export interface StdinText {
  readonly text: string;
  /** Nothing came, and it was not waited for any longer. */
  readonly silent: boolean;
}

/** `needed`: without it there is no prompt, so its end is waited for however long that takes. A closed stdin is empty. */
export async function readStdin(needed: boolean): Promise<Outcome<StdinText>> {
  const fs = process.getBuiltinModule("node:fs");
  let stat: import("node:fs").Stats;
  try {
    stat = fs.fstatSync(0);
  } catch {
    return nothing; // closed
  }
  if (stat.isCharacterDevice() || stat.isDirectory()) return nothing; // /dev/null, mostly
  if (stat.isFile()) return decode(stat.size > most ? null : readFile(fs));
  return readPipe(needed);
}

const nothing: Outcome<StdinText> = { ok: true, value: { text: "", silent: false } };

function readFile(fs: typeof import("node:fs")): Buffer | null {
  try {
    return fs.readFileSync(0);
  } catch {
    return Buffer.alloc(0);
  }
}

async function readPipe(needed: boolean): Promise<Outcome<StdinText>> {
  const { stdin } = process;
  const chunks: Buffer[] = [];
  let size = 0;
  const ended = await new Promise<"whole" | "silent" | "large">((resolve) => {
    const timer = needed ? undefined : setTimeout(() => resolve("silent"), patience);
    const finish = () => {
      clearTimeout(timer);
      resolve("whole");
    };
    stdin.on("data", (chunk: Buffer) => {
      clearTimeout(timer);
      chunks.push(chunk);
      size += chunk.length;
      if (size > most) resolve("large");
    });
    stdin.once("end", finish).once("error", finish).once("close", finish);
  });
  stdin.removeAllListeners("data").pause();
  stdin.destroy();
  if (ended === "silent") return { ok: true, value: { text: "", silent: true } };
  return decode(ended === "large" ? null : Buffer.concat(chunks));
}

function decode(bytes: Buffer | null): Outcome<StdinText> {
  if (bytes === null) {
    const next = "Save it as a file in the project and name the file in the prompt.";
    return { ok: false, error: new BosunError("usage", `More than ${most / 1024 / 1024} MiB stand on stdin.`, { next }) };
  }
  try {
    return { ok: true, value: { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes).trim(), silent: false } };
  } catch {
    return { ok: false, error: new BosunError("usage", "What stands on stdin is not UTF-8 text.", { next: "Convert it, or name the file in the prompt." }) };
  }
}
