// Every program that is known by a table, by the names it is called by. A family adds one import and one line.
import { builtins } from "./builtins.ts";
import { coreutils } from "./coreutils.ts";
import { find } from "./find.ts";
import { git } from "./git.ts";
import type { Program } from "./program.ts";
import { search } from "./search.ts";
import { text } from "./text.ts";
import { textBinaries } from "./text-binaries.ts";
import { textCompare } from "./text-compare.ts";
import { textPagers } from "./text-pagers.ts";

const families: readonly (readonly Program[])[] = [
  builtins,
  git,
  coreutils,
  text,
  textBinaries,
  textCompare,
  textPagers,
  search,
  find,
  // One line a family.
];

const byName = new Map<string, Program>();
for (const family of families) for (const program of family) for (const name of program.names.split(" ")) byName.set(name, program);

/** The table of a program, by its bare name; undefined: nothing is known of it. */
export const programOf = (name: string): Program | undefined => byName.get(name);

/** Every table, for tests and documents. */
export const allPrograms: readonly Program[] = families.flat();
