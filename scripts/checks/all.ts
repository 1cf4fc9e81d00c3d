// Every check of the repository's structure by name. test/repository holds a fixture for each that it must refuse.
import { checkAssets } from "./assets.ts";
import { checkCommitCalls } from "./commit-calls.ts";
import { checkDependencies } from "./dependencies.ts";
import type { Finding } from "./finding.ts";
import { checkFloors } from "./floors.ts";
import { checkGenerated } from "./generated.ts";
import { checkSizes } from "./sizes.ts";
import { checkSnippets } from "./snippets.ts";
import { checkWords } from "./words.ts";

export type Check = (root: string) => Finding[] | Promise<Finding[]>;

export const checks: Readonly<Record<string, Check>> = {
  floors: checkFloors,
  sizes: checkSizes,
  "commit-calls": checkCommitCalls,
  dependencies: checkDependencies,
  words: checkWords,
  assets: checkAssets,
  generated: checkGenerated,
  snippets: checkSnippets,
};
