// Journals as they may be found: harmed, foreign, rearranged. Each is made of the bytes of a sound one.
import { encodeLine, firstPrev } from "../../src/session/index.ts";

export interface BadJournal {
  readonly name: string;
  /** What the command makes of it. "foreign": refused. "disordered": can be read and forked, not gone on with. "harmed": gone on with, and said. */
  readonly kind: "empty" | "foreign" | "disordered" | "harmed";
  /** What a person is told of it. */
  readonly says: RegExp;
  make(sound: Buffer): Buffer;
}

const linesOf = (journal: Buffer): readonly Buffer[] => {
  const lines: Buffer[] = [];
  for (let at = 0, end = journal.indexOf(10); end >= 0; at = end + 1, end = journal.indexOf(10, at)) lines.push(journal.subarray(at, end + 1));
  return lines;
};
const jsonLines = (...lines: readonly object[]) => Buffer.from(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
const rearranged = (change: (lines: Buffer[]) => void) => (sound: Buffer) => {
  const lines = [...linesOf(sound)];
  change(lines);
  return Buffer.concat(lines);
};
const middle = (lines: readonly Buffer[]) => lines.length >> 1;

const foreignWords = /no line that can be read, or is none of bosun's.*Nothing was changed\. Put a copy of it back, or move the folder of "mine" away/;

export const badJournals: readonly BadJournal[] = [
  { name: "empty", kind: "empty", says: /empty/, make: () => Buffer.alloc(0) },
  {
    name: "binary",
    kind: "foreign",
    says: foreignWords,
    make: () => Buffer.from(Array.from({ length: 5000 }, (_, index) => (index * 7919 + (index >> 3)) % 256)),
  },
  { name: "one line of text", kind: "foreign", says: foreignWords, make: () => Buffer.from("Dear diary,\n") },
  {
    name: "a tree of messages, of another agent",
    kind: "foreign",
    says: foreignWords,
    make: () =>
      jsonLines(
        { type: "session", version: 3, id: "0198", timestamp: "2026-11-01T10:00:00.000Z", cwd: "/home/someone/project" },
        { type: "message", id: "a1", parentId: null, timestamp: "2026-11-01T10:00:01.000Z", message: { role: "user", content: "hello" } },
        { type: "message", id: "a2", parentId: "a1", timestamp: "2026-11-01T10:00:02.000Z", message: { role: "assistant", content: [] } },
      ),
  },
  {
    name: "a transcript with parent identifiers, of another agent",
    kind: "foreign",
    says: foreignWords,
    make: () =>
      jsonLines(
        { parentUuid: null, isSidechain: false, sessionId: "c0ffee", version: "2.0.1", type: "user", message: { role: "user", content: "hello" }, uuid: "1" },
        {
          parentUuid: "1",
          isSidechain: false,
          sessionId: "c0ffee",
          version: "2.0.1",
          type: "assistant",
          message: { role: "assistant", content: [] },
          uuid: "2",
        },
      ),
  },
  {
    name: "with a bad line in the middle",
    kind: "harmed",
    says: /not whole after line \d+ \(bytes \d+ to \d+: no checksum at its end\)[\s\S]*--fork-at \d+/,
    make: rearranged((lines) => lines.splice(middle(lines), 1, Buffer.from("no line of a journal\n"))),
  },
  {
    name: "with a line missing in the middle",
    kind: "harmed",
    says: /not whole after line \d+ \(line \d+ is missing\)[\s\S]*--fork-at \d+/,
    make: rearranged((lines) => lines.splice(middle(lines), 1)),
  },
  {
    name: "with a line twice in the middle",
    kind: "harmed",
    says: /not whole after line \d+ \(bytes \d+ to \d+: line \d+ once more\)/,
    make: rearranged((lines) => lines.splice(middle(lines), 0, lines[middle(lines)] as Buffer)),
  },
  {
    name: "with its last line twice",
    kind: "harmed",
    says: /end(s|ed) in \d+ bytes that are no next line \(line \d+ once more\)/,
    make: rearranged((lines) => lines.push(lines.at(-1) as Buffer)),
  },
  { name: "twice", kind: "harmed", says: /end(s|ed) in \d+ bytes that are no next line \(line 0 once more\)/, make: (sound) => Buffer.concat([sound, sound]) },
  {
    name: "with two lines in the wrong order",
    kind: "harmed",
    says: /line (\d+) is missing[\s\S]*line \1 stands after line \d+/,
    make: rearranged((lines) => lines.splice(middle(lines), 2, lines[middle(lines) + 1] as Buffer, lines[middle(lines)] as Buffer)),
  },
  { name: "with its lines backwards", kind: "disordered", says: /line \d+ stands after line \d+/, make: rearranged((lines) => lines.reverse()) },
  {
    name: "with a line that somebody wrote anew, checksum and all",
    kind: "harmed",
    says: /Line \d+ of the journal does not carry the hash of the line before it: somebody changed the file/,
    make: rearranged((lines) => {
      const at = middle(lines);
      const { v: _v, seq, id: _id, ts, prev: _prev, crc: _crc, ...body } = JSON.parse((lines[at] as Buffer).toString("utf8"));
      lines[at] = Buffer.from(encodeLine(body, seq, firstPrev, ts).line);
    }),
  },
  {
    name: "with a torn end",
    kind: "harmed",
    says: /end(s|ed) in \d+ bytes that are no next line \(no newline at its end\)/,
    make: (sound) => sound.subarray(0, sound.length - 40),
  },
  {
    name: "with NULs at its end",
    kind: "harmed",
    says: /end(s|ed) in 300 bytes that are no next line/,
    make: (sound) => Buffer.concat([sound, Buffer.alloc(300)]),
  },
];
