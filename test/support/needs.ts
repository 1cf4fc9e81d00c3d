// Tests that need a program which not every machine has. `needs("bwrap").describe(…)` runs where it is; elsewhere the
// title says what is missing, and under BOSUN_CI_STRICT=1 (set by .ci/run, which installs them) that is a failure.
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { describe, test } from "vitest";

export interface Needed {
  /** What is missing here, in the order asked for. */
  readonly missing: readonly string[];
  describe(title: string, body: () => void): void;
  test(title: string, body: () => void | Promise<void>, timeoutMilliseconds?: number): void;
}

/** `programs` are looked for in PATH. */
export function needs(...programs: readonly string[]): Needed {
  const missing = programs.filter((program) => !isThere(program));
  if (missing.length === 0) {
    return { missing, describe: (title, body) => void describe(title, body), test: (title, body, timeout) => test(title, body, timeout) };
  }
  const reason = `(skipped: ${missing.join(", ")} not in PATH)`;
  if (process.env.BOSUN_CI_STRICT === "1") {
    const fail = (title: string) =>
      test(title, () => {
        throw new Error(`This run may not skip tests, but ${missing.join(", ")} is not in PATH: install it.`);
      });
    return { missing, describe: fail, test: fail };
  }
  return { missing, describe: (title, body) => void describe.skip(`${title} ${reason}`, body), test: (title, body) => test.skip(`${title} ${reason}`, body) };
}

function isThere(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
