// Whether each request begins with the bytes of the one before it, decided on the raw bodies and apart from the product's own comparison.
import type { RecordedRequest } from "../../src/testing/index.ts";

/** What the lists of the conversation are called over each wire. */
const lists = ["messages", "input", "contents"];
const marker = /,"prompt_cache_breakpoint":\{[^{}]*\}|,"cache_control":\{[^{}]*\}|"cache_control":\{[^{}]*\},?/g;

/** The raw text of each value of a JSON object's top level, as it was sent. */
export function rawValues(body: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  let depth = 0;
  let inString = false;
  let from = 1;
  const take = (end: number) => {
    const piece = body.slice(from, end);
    const colon = /^\s*("(?:[^"\\]|\\.)*")\s*:/.exec(piece);
    if (colon) values.set(JSON.parse(colon[1] as string) as string, piece.slice(colon[0].length));
    from = end + 1;
  };
  for (let at = 0; at < body.length; at++) {
    const character = body[at];
    if (inString) {
      if (character === "\\") at += 1;
      else if (character === '"') inString = false;
    } else if (character === '"') inString = true;
    else if (character === "{" || character === "[") depth += 1;
    else if (character === "}" || character === "]") {
      depth -= 1;
      if (depth === 0) take(at);
    } else if (character === "," && depth === 1) take(at);
  }
  return values;
}

/** One line for each break; empty: every request extends the one before it, markers apart. */
export function prefixBreaks(requests: readonly RecordedRequest[]): readonly string[] {
  const bodies = requests.map((request) => rawValues(Buffer.from(request.body).toString("utf8").replace(marker, "")));
  const breaks: string[] = [];
  for (let index = 1; index < bodies.length; index++) {
    const [before, after] = [bodies[index - 1], bodies[index]];
    for (const name of ["model", "tools", "system", "systemInstruction"]) {
      if (before?.get(name) !== after?.get(name)) breaks.push(`request ${index}: ${name} differs`);
    }
    const list = lists.find((name) => before?.has(name)) ?? "messages";
    const grown = after?.get(list) ?? "";
    const start = (before?.get(list) ?? "?").slice(0, -1);
    if (!grown.startsWith(start)) {
      let at = 0;
      while (start[at] === grown[at]) at += 1;
      breaks.push(
        `request ${index}: messages differ from ${at} of ${start.length} on: …${start.slice(at - 60, at + 60)}… / …${grown.slice(at - 60, at + 60)}…`,
      );
    }
  }
  return breaks;
}
