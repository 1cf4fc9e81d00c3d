// Each protection of the gate, taken out: its test fails.
import { testMutations } from "../support/mutations.ts";
import { mutations } from "./mutations.ts";

testMutations(mutations);
