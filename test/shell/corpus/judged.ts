// What the product itself makes of a command in a world: facts on the disk and ruling, mode "ask", nobody's settings.
import { judgeCommand, judgedJson } from "../../../src/cli/judged.ts";
import { createPolicy } from "../../../src/permissions/index.ts";

export interface Verdict {
  readonly allowed: boolean;
  /** Who decided, and why. */
  readonly cause: string;
}

/** `home` must be what HOME says. */
export function createJudge(root: string, home: string): (command: string) => Promise<Verdict> {
  const { policy } = createPolicy({ root, home, mode: "ask", rules: [] });
  return async (command) => {
    const { verdict, decidedBy, says } = judgedJson(await judgeCommand(command, { cwd: root, root }, policy));
    return { allowed: verdict === "allow", cause: `${decidedBy}: ${says}` };
  };
}
