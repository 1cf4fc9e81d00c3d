// ripgrep's output: "path NUL number : text LF" for a match, "-" instead of ":" for a line beside one. Pure.

export interface Found {
  readonly text: string;
  /** Matching lines (or files) in `text`, and in the whole output. */
  readonly shown: number;
  readonly total: number;
}

/** Groups lines under their path. A path may contain anything but NUL. */
export function parseLines(output: string, limit: number, mostBytes: number, nameOf: (path: string) => string): Found {
  const lines: string[] = [];
  let [shown, total, bytes, full] = [0, 0, 0, false];
  const gaps = /\0\d+-/.test(output);
  let lastPath: string | null = null;
  let lastNumber = 0;
  for (let at = 0; at < output.length; ) {
    const nul = output.indexOf("\0", at);
    if (nul === -1) break;
    const feed = output.indexOf("\n", nul);
    const end = feed === -1 ? output.length : feed;
    const path = output.slice(at, nul);
    const record = output.slice(nul + 1, end);
    at = end + 1;
    const match = /^(\d+)([:-])/.exec(record);
    // "binary file matches" and the like
    if (match === null) continue;
    const isMatch = match[2] === ":";
    if (isMatch) total += 1;
    if (full || (isMatch && shown === limit)) {
      full = true;
      continue;
    }
    const number = Number(match[1]);
    const text = record.slice(match[0].length).replace(/\r$/, "");
    const head = path === lastPath ? (number > lastNumber + 1 && gaps ? ["…"] : []) : [...(lastPath === null ? [] : [""]), nameOf(path)];
    const added = [...head, `${number}${match[2]} ${text}`];
    bytes += added.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
    if (bytes > mostBytes && shown > 0) {
      full = true;
      continue;
    }
    lines.push(...added);
    if (isMatch) shown += 1;
    lastPath = path;
    lastNumber = number;
  }
  return { text: lines.join("\n"), shown, total };
}

export function parseFiles(output: string, limit: number, mostBytes: number, nameOf: (path: string) => string): Found {
  const paths = output.split("\0").filter((path) => path !== "");
  const shown: string[] = [];
  let bytes = 0;
  for (const path of paths) {
    const name = nameOf(path);
    bytes += Buffer.byteLength(name) + 1;
    if (shown.length === limit || bytes > mostBytes) break;
    shown.push(name);
  }
  return { text: shown.join("\n"), shown: shown.length, total: paths.length };
}
