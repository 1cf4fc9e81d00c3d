// What a skill is: a folder with a SKILL.md, after the open standard (https://agentskills.io/specification).
import type { Dirent } from "node:fs";

/** Lower-case letters, digits and single hyphens, as the folder is called. */
export const namePattern = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;
/** Characters. */
export const limits = { name: 64, description: 1024, compatibility: 500, allowedTools: 2000 } as const;
/** Bytes. */
export const frontMatterLimit = 16 * 1024;
export const fileLimit = 256 * 1024;
export const skillFile = "SKILL.md";

export interface SkillHead {
  readonly name: string;
  readonly description: string;
  readonly license?: string;
  readonly compatibility?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  /** What it limits itself to, in its author's words; null: nothing is said, so nothing is narrowed. */
  readonly allowedTools: readonly string[] | null;
}

/** Whose a folder of skills is. */
export type SkillOwner = "project" | "person" | "plugin";

/** A folder that holds skills, one folder each. */
export interface SkillsFolder {
  /** Absolute. */
  readonly path: string;
  readonly owner: SkillOwner;
  /** For people: ".claude/skills", "~/.agents/skills", "plugin NAME". */
  readonly label: string;
}

export interface Skill extends SkillHead {
  /** Its folder: absolute, links resolved. */
  readonly folder: string;
  readonly owner: SkillOwner;
  /** For people, and short: ".claude/skills/pdf-forms". */
  readonly where: string;
  /** Of SKILL.md. */
  readonly bytes: number;
  /** Not after the standard, and no reason to leave it out. One sentence each. */
  readonly warnings: readonly string[];
}

/** A folder that is no skill of this session. */
export interface AbsentSkill {
  /** Of the folder. */
  readonly name: string;
  readonly owner: SkillOwner;
  readonly where: string;
  /** One clause, with the next move. */
  readonly why: string;
}

export interface FoundSkills {
  /** By precedence: what is nearer to the work comes first. */
  readonly skills: readonly Skill[];
  readonly absent: readonly AbsentSkill[];
}

export interface SkillsPlace {
  /** Top of the project, and the working folder at or below it: absolute and real. */
  readonly root: string;
  readonly cwd: string;
  /** $BOSUN_HOME. */
  readonly bosunHome: string;
  /** The person's home folder. */
  readonly home: string;
  /** Whether the person trusts the project: the skills of one that is not are not read. */
  readonly trusted: boolean;
  /** Further folders, of plugins. They come last. */
  readonly more?: readonly SkillsFolder[];
}
export interface ListedFolder extends SkillsFolder {
  /** Links resolved. */
  readonly real: string;
  readonly entries: readonly Dirent[];
  /** Why it could not be listed. */
  readonly problem?: string;
}
