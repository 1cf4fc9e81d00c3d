// A PATH that lacks one program, for what happens on machines without it.
import * as fs from "node:fs";
import { delimiter, join } from "node:path";

/** Makes `folder` with a link to each program of this process's PATH but `program`. A PATH of it alone has all the others. */
export function pathWithout(program: string, folder: string): string {
  fs.mkdirSync(folder, { recursive: true });
  const taken = new Set([program]);
  for (const from of (process.env["PATH"] ?? "").split(delimiter).filter((each) => fs.existsSync(each)))
    for (const name of fs.readdirSync(from)) {
      // by name and not by what is there: a dangling link of the system does not "exist"
      if (!taken.has(name)) fs.symlinkSync(join(from, name), join(folder, name));
      taken.add(name);
    }
  return folder;
}
