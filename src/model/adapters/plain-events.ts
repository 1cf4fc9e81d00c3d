// Server-sent events as the usual server writes them: `event:` and one `data:` line, then an empty one.
// Invariant: what this does not understand it says; it never guesses. A library reads the stream instead.

export interface PlainEvents {
  /** The data of each event that `chunk` completes; null: something else than plain events. Not called again then. */
  take(chunk: Uint8Array): readonly string[] | null;
}

export function createPlainEvents(): PlainEvents {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string | null = null;
  /** False: no plain line. */
  const takeLine = (line: string, into: string[]): boolean => {
    if (line === "") {
      if (data !== null) into.push(data);
      data = null;
      return true;
    }
    if (line.startsWith("data:")) {
      if (data !== null) return false;
      data = line.charCodeAt(5) === 32 ? line.slice(6) : line.slice(5);
      return true;
    }
    return line.startsWith("event:") || line.startsWith(":");
  };
  return {
    take(chunk) {
      const found: string[] = [];
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const plain = line.endsWith("\r") ? line.slice(0, -1) : line;
        if (plain.includes("\r") || !takeLine(plain, found)) return null;
      }
      return found;
    },
  };
}
