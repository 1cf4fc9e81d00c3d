// Every program that is known by a table, by the names it is called by. A family adds one import and one line.
import { archives } from "./archives.ts";
import { awk } from "./awk.ts";
import { builtins } from "./builtins.ts";
import { coreutils } from "./coreutils.ts";
import { editors } from "./editors.ts";
import { find } from "./find.ts";
import { git } from "./git.ts";
import { jq } from "./jq.ts";
import { languages } from "./languages.ts";
import { mutations } from "./mutations.ts";
import { networkPrograms } from "./network.ts";
import { packages } from "./packages.ts";
import type { Program } from "./program.ts";
import { search } from "./search.ts";
import { sed } from "./sed.ts";
import { systemPrograms } from "./system.ts";
import { tests } from "./tests.ts";
import { text } from "./text.ts";
import { textBinaries } from "./text-binaries.ts";
import { textCompare } from "./text-compare.ts";
import { textPagers } from "./text-pagers.ts";
import { wrappers } from "./wrappers.ts";

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
  sed,
  awk,
  jq,
  archives,
  editors,
  languages,
  mutations,
  networkPrograms,
  packages,
  systemPrograms,
  tests,
  wrappers,
  // One line a family.
];

const byName = new Map<string, Program>();
for (const family of families) for (const program of family) for (const name of program.names.split(" ")) byName.set(name, program);

/** The table of a program, by its bare name; undefined: nothing is known of it. */
export const programOf = (name: string): Program | undefined => byName.get(name);

/** Every table, for tests and documents. */
export const allPrograms: readonly Program[] = families.flat();
