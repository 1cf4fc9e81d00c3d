// Skills on a disk, in folders made for one test.
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type FoundSkills, findSkills } from "../../src/tools/index.ts";

export interface SkillsDisk {
  readonly root: string;
  readonly home: string;
  readonly bosunHome: string;
  readonly outside: string;
  /** Writes a file below the top folder: "project/…", "home/…", "bosun/…", "outside/…". */
  put(path: string, content: string | Uint8Array): string;
  link(path: string, to: string): void;
  find(more?: { readonly cwd?: string; readonly trusted?: boolean }): Promise<FoundSkills>;
}

export const skillText = (name: string, more = "", body = "Do it well.\n"): string =>
  `---\nname: ${name}\ndescription: Does ${name} when asked.\n${more}---\n${body}`;

export function makeSkillsDisk(): SkillsDisk {
  const top = fs.realpathSync(fs.mkdtempSync(join(tmpdir(), "bosun-skills-")));
  onTestFinished(() => fs.rmSync(top, { recursive: true, force: true }));
  const [root, home, bosunHome, outside] = ["project", "home", "bosun", "outside"].map((name) => join(top, name)) as [string, string, string, string];
  for (const folder of [root, home, bosunHome, outside]) fs.mkdirSync(folder);
  const make = (path: string): string => {
    const whole = join(top, path);
    fs.mkdirSync(dirname(whole), { recursive: true });
    return whole;
  };
  return {
    root,
    home,
    bosunHome,
    outside,
    put(path, content) {
      const whole = make(path);
      fs.writeFileSync(whole, content);
      return whole;
    },
    link: (path, to) => fs.symlinkSync(to, make(path)),
    find: ({ cwd = root, trusted = true } = {}) => findSkills({ root, cwd, bosunHome, home, trusted }),
  };
}
