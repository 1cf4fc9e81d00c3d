// Other readings of a simple command, for those who refuse: what it hands on, and the same thing said otherwise.

/** Programs and builtins that run the command named in their arguments. */
const wrappers = new Set(
  (
    "env sudo doas command builtin exec nohup nice ionice timeout time stdbuf xargs parallel setsid chroot unshare nsenter strace ltrace watch " +
    "flock script find fd fdfind busybox toybox su runuser setpriv setarch linux32 linux64 taskset chrt numactl caffeinate entr fakeroot proot bwrap " +
    "firejail systemd-run systemd-inhibit xvfb-run dbus-run-session ssh npx bunx pnpx uvx pipx then do else coproc eval trap . source rlwrap unbuffer jobs"
  ).split(" "),
);
const shells = new Set([
  "sh",
  "bash",
  "dash",
  "ash",
  "zsh",
  "ksh",
  "mksh",
  "fish",
  "rbash",
  "eval",
  "trap",
  "su",
  "ssh",
  "watch",
  "parallel",
  "env",
  "xargs",
  "script",
  "npx",
]);

export interface Variants {
  readonly commands: readonly (readonly string[])[];
  /** Arguments that are, or may be, shell texts of their own. */
  readonly texts: readonly string[];
}

export function variantsOf(words: readonly string[]): Variants {
  const [name = "", ...rest] = words;
  const base = name.slice(name.lastIndexOf("/") + 1);
  const commands: (readonly string[])[] = [];
  if (base !== name && base !== "") commands.push([base, ...rest]);
  for (const tail of withoutLeadingOptions(rest)) commands.push([base, ...tail]);
  const lower = base.toLowerCase();
  if (wrappers.has(lower)) for (let index = 0; index < rest.length; index++) commands.push(rest.slice(index));
  const texts = shells.has(lower) || wrappers.has(lower) ? rest.filter((word) => /\s|[;&|]/.test(word)) : [];
  if (lower === "eval" || lower === "ssh") texts.push(rest.join(" "));
  return { commands, texts };
}

/** `git -C x --no-pager push` is also `git push`: the arguments after each run of options, with and without a value. */
function withoutLeadingOptions(rest: readonly string[]): readonly (readonly string[])[] {
  const tails: (readonly string[])[] = [];
  let index = 0;
  while (index < rest.length && rest[index]?.startsWith("-") && tails.length < 32) {
    index += 1;
    tails.push(rest.slice(index));
    // The next word may be the option's value; after it options may go on.
    if (!rest[index]?.startsWith("-") && index + 1 <= rest.length) {
      tails.push(rest.slice(index + 1));
      if (rest[index + 1]?.startsWith("-")) index += 1;
    }
  }
  return tails;
}
