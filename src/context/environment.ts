// Where and when the work happens: said once, as the first thing in the conversation, because it differs between sessions
// that share everything before it. All of it is handed in; nothing here looks at the machine.

export interface EnvironmentFacts {
  readonly cwd: string;
  readonly root: string;
  /** `process.platform` and `os.release()`. */
  readonly platform: string;
  readonly release: string;
  /** Which shell runs commands, for example "bash". */
  readonly shell: string;
  /** YYYY-MM-DD in that zone. */
  readonly date: string;
  /** For example "UTC+01:00". */
  readonly timeZone: string;
  /** Null: not a git repository. */
  readonly branch: string | null;
}

export function renderEnvironment(facts: EnvironmentFacts): string {
  const lines = [
    `Working folder: ${oneLine(facts.cwd)}`,
    `Project root: ${facts.root === facts.cwd ? "the same" : oneLine(facts.root)}`,
    `System: ${oneLine(facts.platform)} ${oneLine(facts.release)}`,
    `Shell: ${oneLine(facts.shell)}`,
    `Date: ${oneLine(facts.date)} (${oneLine(facts.timeZone)})`,
    facts.branch === null ? "Git: not a repository" : `Git branch: ${oneLine(facts.branch)}`,
  ];
  return `<environment>\nAs it was when the session began.\n${lines.join("\n")}\n</environment>`;
}

/** A folder or branch may be called anything; here it stays one value on one line, and no tag. */
function oneLine(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (!/[\u0000-\u001f\u007f\u2028\u2029<>]/.test(value)) return value;
  return JSON.stringify(value).replace(/[<>\u007f\u2028\u2029]/g, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** Day and offset of a moment (milliseconds since 1970) on this machine's calendar. Without Intl, which is slow to start. */
export function dayOf(moment: number): { readonly date: string; readonly timeZone: string } {
  const day = new Date(moment);
  const two = (value: number): string => String(value).padStart(2, "0");
  const ahead = -day.getTimezoneOffset();
  const minutes = Math.abs(ahead);
  return {
    date: `${String(day.getFullYear()).padStart(4, "0")}-${two(day.getMonth() + 1)}-${two(day.getDate())}`,
    timeZone: `UTC${ahead < 0 ? "-" : "+"}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`,
  };
}

/**
 * The branch that is checked out in `root`, a short commit when none is, or null when it is no repository.
 * `readText` gives a file's text, or null. A worktree's `.git` is a file that names its folder.
 */
export function branchOf(root: string, readText: (path: string) => string | null): string | null {
  const pointer = readText(`${root}/.git`)
    ?.match(/^gitdir: (.+)$/m)?.[1]
    ?.trim();
  const folder = pointer === undefined ? `${root}/.git` : /^([/\\]|[A-Za-z]:)/.test(pointer) ? pointer : `${root}/${pointer}`;
  const head = readText(`${folder}/HEAD`)?.trim();
  if (head === undefined || head === "") return null;
  const branch = head.match(/^ref: (?:refs\/heads\/)?(.+)$/)?.[1];
  if (branch !== undefined) return branch;
  return /^[0-9a-f]{40,64}$/.test(head) ? `none (at commit ${head.slice(0, 12)})` : null;
}
