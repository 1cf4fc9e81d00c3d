// What an entry of allowed-tools means as a rule of ours. Skills are written for several agents, whose tools have other names.

const ours: Readonly<Record<string, string>> = {
  multiedit: "edit",
  notebookedit: "edit",
  bashoutput: "jobs",
  killbash: "jobs",
  killshell: "jobs",
  ls: "glob",
  todowrite: "todo",
  todoread: "todo",
  webfetch: "fetch",
};

/** "Read" → "read", "Bash(git log:*)" → "bash(git log *)". It may be no rule all the same. */
export function ruleOfEntry(entry: string): string {
  const open = entry.indexOf("(");
  const written = (open < 0 ? entry : entry.slice(0, open)).toLowerCase();
  const name = Object.hasOwn(ours, written) ? (ours[written] as string) : written;
  if (open < 0) return name;
  const specifier = entry.slice(open);
  return `${name}${name === "bash" ? specifier.replace(/:\*\)$/, " *)") : specifier}`;
}
