// What a program does whatever its words say: written short for the tables, and told alike by a table and by a look.
import type { TextSpan } from "../reading.ts";
import type { Program, Report } from "./program.ts";

export type Deed = NonNullable<Program["does"]>;

const usual = { mutation: "writes", network: "network", interpreter: "runs", "project-code": "runs", "exec-option": "runs", wrapper: "runs" } as const;

/** Asked about, with the effect that what this check sees has as a rule. */
export const does = (check: keyof typeof usual, says: string): Deed => ({ check, kind: "effect", says, effect: usual[check] });

/** A program of which no word is followed. `harmless`: whole forms that only print, divided by ", ". */
export const unfollowed = (names: string, deed: Deed, harmless = ""): Program => ({
  names,
  style: "none",
  does: deed,
  ...(harmless === "" ? {} : { harmless: harmless.split(", ") }),
});

/** Says it, and counts it among the effects; what is written, or which machine it is, is not known. */
export function tell({ check, kind, says, effect }: Deed, span: TextSpan, to: Pick<Report, "finding" | "effect">): void {
  to.finding(check, kind, says, span);
  switch (effect) {
    case "runs":
    case "unknown":
      to.effect({ kind: effect, says, span });
      break;
    case "writes":
      to.effect({ kind: effect, path: null, span });
      break;
    case "network":
      to.effect({ kind: effect, host: null, span });
      break;
    case undefined:
      break;
  }
}
