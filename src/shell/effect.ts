// What a command does, found from its text by tables; and what stands in the way of saying so.
import type { TextSpan } from "./reading.ts";
import type { Value } from "./value.ts";

/** A path as the text has it: resolved on the disk later, by who may look (permissions/facts). */
export interface PathMention {
  readonly value: Value;
  /** Folders that it may be relative to: absolute, as bash's PWD has them (links not resolved). Null: not known. */
  readonly folders: readonly string[] | null;
  /** No match may begin with a dash: the disk has to say so, for the text was believed in that. */
  readonly noDash?: true;
}

/** Of a reading of all below a folder. Absent: hidden ones too, links not followed. */
export interface Below {
  /** Links found below are followed (grep -R, rg -L, diff -r). */
  readonly links?: true;
  /** Names that begin with a dot are left out (rg and fd without --hidden), unless an ignore file brings one back with "!". */
  readonly hidden?: false;
  /** Of what is found below a folder only files whose names end with one of these are opened (grep --include, rg -g). */
  readonly endings?: readonly string[];
}

export type Effect =
  /** "content": opens it. "names": lists it or asks about it. `deep`: and all below; `below` says more of that. */
  | {
      readonly kind: "reads";
      readonly path: PathMention;
      readonly what: "content" | "names";
      readonly deep: boolean;
      readonly below?: Below;
      readonly span: TextSpan;
    }
  /** Null: somewhere. "removes" and renames are writes. */
  | { readonly kind: "writes"; readonly path: PathMention | null; readonly span: TextSpan }
  /** Another program, or text as a program. */
  | { readonly kind: "runs"; readonly says: string; readonly span: TextSpan }
  | { readonly kind: "network"; readonly host: string | null; readonly span: TextSpan }
  /** Reads the git repository around this folder, which may bring settings that run programs. */
  | { readonly kind: "repository"; readonly path: PathMention; readonly span: TextSpan }
  | { readonly kind: "unknown"; readonly says: string; readonly span: TextSpan };

/**
 * "effect": it is understood and does more than read; a rule that names the command may allow it. "option": an option
 * or operand that makes a reading program run, write or send; a rule with a wildcard over it does not allow it.
 * "unclear": what it does is not known; no rule but one for the whole tool allows it. "never": refused in every mode
 * that does not name the check.
 */
export type FindingKind = "effect" | "option" | "unclear" | "never";

export interface Finding {
  /** Id of the check. */
  readonly check: number;
  readonly kind: FindingKind;
  /** For the person, to go after "because": lower case, no full stop. */
  readonly says: string;
  readonly span: TextSpan;
  /** Index in `commands` of the command whose name and words it is about. Absent: no rule on commands answers for it. */
  readonly command?: number;
}
