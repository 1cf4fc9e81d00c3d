// A small file replaced whole, so that no reader ever sees half of it.
import * as fs from "node:fs";

/** `still`: asked at the last moment; false: nothing is written. A file that was there keeps its mode, a new one is private. */
export function writeAside(path: string, text: string, still: () => boolean = () => true): boolean {
  const next = `${path}.${process.pid}.${process.hrtime.bigint()}.new`;
  try {
    const mode = (fs.statSync(path, { throwIfNoEntry: false })?.mode ?? 0o600) & 0o777;
    const file = fs.openSync(next, "wx", 0o600);
    try {
      fs.writeFileSync(file, text);
      fs.fchmodSync(file, mode);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    if (!still()) return false;
    fs.renameSync(next, path);
    return true;
  } finally {
    fs.rmSync(next, { force: true });
  }
}
