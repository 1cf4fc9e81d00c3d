// Each protection of the journal, taken out: its test fails.
import { testMutations } from "../support/mutations.ts";
import { mutations } from "./mutations.ts";

testMutations(mutations);
