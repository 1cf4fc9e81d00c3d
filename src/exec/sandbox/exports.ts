// Exported variables that carry over from one command to the next: those that the person names, and none that decides what runs.

/** Names by which shells, loaders, interpreters, git and pagers are told to run something, or to find it elsewhere. */
const deciding = [
  /^(?:PATH|IFS|ENV|HOME|SHELL|CDPATH|TMPDIR|SHELLOPTS|BASHOPTS|PROMPT_COMMAND|PS\d|EXECIGNORE|FIGNORE|GLOBIGNORE|HISTFILE|FCEDIT|TERM|TERMINFO.*)$/,
  /^(?:LD_|DYLD_|GIT_|BASH_|BOSUN|SSH_|NODE|NPM_|PYTHON|PERL|RUBY|GEM_|BUNDLE|JAVA|_JAVA|JDK_|MAVEN_|GRADLE_|CARGO|RUST|GO|DOTNET_|COMPlus_|CORECLR_)/i,
  /^(?:XDG_|LESS|GREP_|RIPGREP_|FZF_|MAN|GLIBC_|MALLOC_|GCONV_|LOCPATH|NLSPATH|OPENSSL_|CURL_|WGET|DOCKER_|KUBE|AWS_|ZDOTDIR|FPATH|R_|LUA|PHP|TCL|MAKE)/i,
  /(?:PATH|OPTIONS|OPTS|FLAGS|PROXY|PAGER|EDITOR|VISUAL|BROWSER|COMMAND|WRAPPER|PRELOAD|HOOK|SHELL|CONFIG|RC|HOME)$/i,
];
const most = 16;
const longest = 199;

/** The names that are kept of those that were asked for. */
export const keptNames = (names: readonly string[]): readonly string[] =>
  names.filter((name) => /^[A-Za-z_]\w{0,63}$/.test(name) && !deciding.some((pattern) => pattern.test(name))).slice(0, most);

/**
 * Bash that says them at its end, before its exit code, inside single quotes. A value that is long or holds control
 * characters is not said. Older than bash 4.4 can't tell what is exported.
 */
export function sayExports(names: readonly string[]): string {
  if (process.platform !== "linux") return "";
  return names
    .map(
      (name) =>
        `case "\${${name}+x}\${${name}@a}" in x*x*) case "\${#${name}}" in [0-9]|[0-9][0-9]|1[0-9][0-9]) case "$${name}" in *[[:cntrl:]]*) ;; *) builtin printf "\\0+%s=%s\\n" ${name} "$${name}" >&199;; esac;; esac;; esac; `,
    )
    .join("");
}

/** What the shell said, of the names that are kept: the command can write to its line too. */
export function readExports(said: string, names: readonly string[]): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [, name = "", value = ""] of said.matchAll(/\0\+([A-Za-z_]\w*)=([^\0\n]*)\n/g)) {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    if (names.includes(name) && value.length <= longest && !/[\u0000-\u001f\u007f]/.test(value)) found[name] = value;
  }
  return found;
}
