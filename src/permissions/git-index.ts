// Which entries of git's index are submodules (gitformat-index(5), versions 2 to 4). Cached by the file's state.
import { readFileSync, statSync } from "node:fs";

const largest = 64 * 1024 * 1024;
const known = new Map<string, { readonly mark: string; readonly paths: readonly string[] | null }>();

/** Paths from the working tree's top. Null: the index can't be read. */
export function submodulesOf(index: string): readonly string[] | null {
  let mark: string;
  try {
    const stat = statSync(index, { throwIfNoEntry: false, bigint: true });
    if (stat === undefined) return [];
    if (stat.size > largest) return null;
    mark = `${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`;
  } catch {
    return null;
  }
  const before = known.get(index);
  if (before?.mark === mark) return before.paths;
  let paths: readonly string[] | null;
  try {
    paths = readSubmodules(readFileSync(index));
  } catch {
    paths = null;
  }
  known.set(index, { mark, paths });
  return paths;
}

const modeOf = 24;
const flagsOf = 60;
const submodule = 0o160000;

function readSubmodules(bytes: Buffer): readonly string[] | null {
  if (bytes.length < 12 || bytes.toString("latin1", 0, 4) !== "DIRC") return null;
  const version = bytes.readUInt32BE(4);
  const count = bytes.readUInt32BE(8);
  if (version < 2 || version > 4) return null;
  // A repository with SHA-256 has longer hashes, so its flags stand later: told by whether the first name can be read.
  return readEntries(bytes, count, version, 20) ?? readEntries(bytes, count, version, 32);
}

function readEntries(bytes: Buffer, count: number, version: number, hash: number): readonly string[] | null {
  const found: string[] = [];
  let at = 12;
  let previous = "";
  for (let index = 0; index < count; index++) {
    const flags = at + flagsOf - 20 + hash;
    if (flags + 2 > bytes.length) return null;
    const bits = bytes.readUInt16BE(flags);
    let start = flags + ((bits & 0x4000) !== 0 && version > 2 ? 4 : 2);
    let kept = "";
    if (version === 4) {
      let strip = 0;
      for (let more = true, first = true; more; first = false) {
        const byte = bytes[start++] ?? 0;
        strip = first ? byte & 127 : ((strip + 1) << 7) | (byte & 127);
        more = (byte & 128) !== 0;
      }
      if (strip > previous.length) return null;
      kept = previous.slice(0, previous.length - strip);
    }
    const end = bytes.indexOf(0, start);
    if (end < 0) return null;
    const isSubmodule = (bytes.readUInt32BE(at + modeOf) & 0o170000) === submodule;
    // As bytes, one character each: a name is cut by bytes in version 4.
    if (version === 4 || isSubmodule || index === 0) previous = kept + bytes.toString("latin1", start, end);
    if (!isModeKnown(bytes.readUInt32BE(at + modeOf))) return null;
    if (isSubmodule) found.push(Buffer.from(previous, "latin1").toString("utf8"));
    if (version === 4) at = end + 1;
    else at += (end - at + 8) & ~7;
  }
  return found;
}

/** A wrong length of hashes shows as a mode that there isn't. */
const isModeKnown = (mode: number): boolean => [0o100000, 0o120000, 0o160000, 0o040000].includes(mode & 0o170000);
