// Where skills may be. Small, because every start runs through it: one reading of each folder that exists, nothing more.

import { readdirSync, realpathSync } from "node:fs";
import { join, relative, sep } from "node:path";
import type { FoundSkills, ListedFolder, SkillsFolder, SkillsPlace } from "./skill.ts";

const names = [".bosun/skills", ".agents/skills", ".claude/skills"] as const;

/** Nearest first: the working folder, those above it up to the project's root, the person's own, plugins'. */
export function skillsFolders({ root, cwd, bosunHome, home, more = [] }: SkillsPlace): readonly SkillsFolder[] {
  const way = relative(root, cwd);
  const steps = way === "" || way === ".." || way.startsWith(`..${sep}`) ? [] : way.split(sep);
  const above = [...steps.keys()].map((count) => join(root, ...steps.slice(0, steps.length - count)));
  const project = [...above, root].flatMap((folder) =>
    names.map((name): SkillsFolder => ({ path: join(folder, name), owner: "project", label: relative(root, join(folder, name)).split(sep).join("/") })),
  );
  const person: SkillsFolder[] = [
    { path: join(bosunHome, "skills"), owner: "person", label: "$BOSUN_HOME/skills" },
    { path: join(home, ".agents/skills"), owner: "person", label: "~/.agents/skills" },
    { path: join(home, ".claude/skills"), owner: "person", label: "~/.claude/skills" },
  ];
  return [...project, ...person, ...more];
}

/** Those that exist. One that is reached twice counts once: as the person's, where it is. */
export function listSkillsFolders(place: SkillsPlace): readonly ListedFolder[] {
  const listed = skillsFolders(place).flatMap(list);
  const own = new Set(listed.filter(({ owner }) => owner === "person").map(({ real }) => real));
  const taken = new Set<string>();
  return listed.filter(({ owner, real }) => {
    if (taken.has(real) || (owner === "project" && own.has(real))) return false;
    taken.add(real);
    return true;
  });
}

function list(folder: SkillsFolder): readonly ListedFolder[] {
  try {
    const entries = readdirSync(folder.path, { withFileTypes: true });
    return [{ ...folder, real: realpathSync.native(folder.path), entries }];
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "";
    if (code === "ENOENT" || code === "ENOTDIR") return [];
    return [{ ...folder, real: folder.path, entries: [], problem: code }];
  }
}

/** Where there is nothing, nothing is loaded to read it. */
export async function findSkills(place: SkillsPlace): Promise<FoundSkills> {
  const folders = listSkillsFolders(place);
  if (folders.length === 0) return { skills: [], absent: [] };
  const { readSkills } = await import("./find.ts");
  return readSkills(folders, place);
}
