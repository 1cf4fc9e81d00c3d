// Server-sent events by the whole of their standard, for a wire whose replies no library reads.

export interface EventStream {
  /** The data of each event that `chunk` completes. */
  take(chunk: Uint8Array): readonly string[];
}

/** Lines end in LF, CR LF or CR; the data lines of an event are joined by LF; comments, names, ids and pauses are passed over. */
export function createEventStream(): EventStream {
  const decoder = new TextDecoder();
  let rest = "";
  let data: string[] = [];
  let halved = false;
  const takeLine = (line: string, into: string[]): void => {
    if (line === "") {
      if (data.length > 0) into.push(data.join("\n"));
      data = [];
    } else if (line === "data") data.push("");
    else if (line.startsWith("data:")) data.push(line.charCodeAt(5) === 32 ? line.slice(6) : line.slice(5));
  };
  return {
    take(chunk) {
      const found: string[] = [];
      let text = decoder.decode(chunk, { stream: true });
      if (text === "") return found;
      // The second half of a CR LF whose first half ended the last piece.
      if (halved && text.startsWith("\n")) text = text.slice(1);
      halved = text.endsWith("\r");
      const lines = (rest + text).split(/\r\n|\n|\r/);
      rest = lines.pop() ?? "";
      for (const line of lines) takeLine(line, found);
      return found;
    },
  };
}
