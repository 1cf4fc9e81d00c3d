// Rules that a person gives to a project: written into its own settings, where those count.
import { addProjectRule } from "../base/index.ts";

/** Resolves with what went wrong, or null. */
export const ruleWriter =
  (root: string) =>
  async (rule: string): Promise<string | null> => {
    const written = await addProjectRule(root, rule);
    return written.ok ? null : written.error.message;
  };
