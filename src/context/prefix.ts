// The prompt's head: rendered once per session, journaled, replayed byte for byte ever after.
//
// Owns: what stands in the head and in which order. Calls nothing.
// Invariants
//  P1  Order of sending: tools, system blocks (core, project, skills, appended), environment. What many sessions share comes first.
//  P2  Tools and system hold nothing of one moment or one folder: no date, time, working folder, absolute path, branch,
//      permission mode, model name or session. So all sessions, and all worktrees, of one repository share them whole.
//  P3  What belongs to one place and moment is in the environment, the first thing said in the conversation.
//  P4  What changes later is appended to the conversation as a note; a rendered head is never edited.
//  P5  Tools are in the order of their names by code unit, whatever order they were registered in; the keys of a schema
//      stay in the order its author gave them.
//  P6  The rendered text is what is stored: nothing is rendered again from its parts on resume.
import type { ToolSpec } from "../model/index.ts";
import type { Prefix } from "../session/index.ts";

export interface PrefixParts {
  /** The text of system.md. */
  readonly core: string;
  /** Rendered project instructions (`renderInstructions`), or "". */
  readonly instructions: string;
  /** Titles of skills (`renderSkills`), or "". */
  readonly skills?: string;
  /** What the person adds with --append-system-prompt. */
  readonly appended?: string;
  /** Rendered by `renderEnvironment`. */
  readonly environment: string;
  /** The pool as latched for the session; more fields than a model is shown are left out. */
  readonly tools: readonly ToolSpec[];
}

export function renderPrefix(parts: PrefixParts): Prefix {
  const tools = parts.tools
    .map(({ name, description, input }) => ({ name, description, input }))
    .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
  const system = [
    { name: "core", text: parts.core.trim() },
    { name: "project", text: parts.instructions.trim() },
    { name: "skills", text: parts.skills?.trim() ?? "" },
    { name: "appended", text: parts.appended?.trim() ?? "" },
  ].filter((block) => block.text !== "");
  return { tools, system, environment: parts.environment };
}
