// How a path in a call is meant. Permissions and tools must agree on it, so there is one function.
import { relative, resolve, sep } from "node:path";

/** Absolute, without "." and ".."; links are not resolved. No "~" and no variables: those belong to shells. */
export const resolvePath = (cwd: string, asked: string): string => resolve(cwd, asked);

/** As short as it can be said: relative when below `cwd`, else absolute. */
export function shortPath(cwd: string, path: string): string {
  const short = relative(cwd, path);
  return short === "" || short === ".." || short.startsWith(`..${sep}`) ? path : short;
}
