// What is said between the measurement and bosun in the world.
import type { Profile } from "../../../src/exec/index.ts";

export interface Request {
  readonly command: string;
  /** "none": bash as it is, without bosun. */
  readonly profile: Profile | "none";
  /** Milliseconds. */
  readonly limit: number;
}
export interface Answer {
  /** "exited", "signalled", "timed-out" …: as the shell says it. */
  readonly ended: string;
  readonly code: number | null;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** One line: readline takes U+2028 and its like for ends of lines. */
export const lineOf = (value: object): string =>
  `${JSON.stringify(value).replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)}\n`;
