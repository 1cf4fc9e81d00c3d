// Which variables may be set, and what those that bash or the system sets hold.

import type { Where } from "./context.ts";
import { anything, folderValue, type State, someNumber } from "./state.ts";
import { literal, type Value } from "./value.ts";

/**
 * Names that change what later commands do: bash(1) "Shell Variables", ld.so(8), and what the programs of the tables
 * read. A name of another kind is a text that only this script reads.
 */
const dangerous =
  /^(?:PATH|IFS|ENV|HOME|PWD|OLDPWD|CDPATH|GLOBIGNORE|GLOBSORT|EXECIGNORE|FIGNORE|FUNCNEST|HOSTFILE|INPUTRC|INSIDE_EMACS|MAIL|MAILCHECK|MAILPATH|OPTARG|OPTERR|OPTIND|OSTYPE|HOSTTYPE|MACHTYPE|HOSTNAME|POSIXLY_CORRECT|PROMPT_\w*|PS\d|RANDOM|SRANDOM|SECONDS|EPOCH\w+|LINENO|UID|EUID|PPID|GROUPS|DIRSTACK|PIPESTATUS|REPLY|SHELL|SHELLOPTS|SHLVL|TIMEFORMAT|TMOUT|TMPDIR|TMP|TEMP|USER|LOGNAME|TERM|TERM\w+|TERMINFO\w*|COPROC|MAPFILE|HIST\w*|histchars|BASH\w*|COMP_\w+|COMPREPLY|READLINE_\w+|LD_\w+|DYLD_\w+|GLIBC_\w+|MALLOC_\w+|GCONV_PATH|LOCPATH|NLSPATH|LOCALDOMAIN|RES_OPTIONS|HOSTALIASES|LC_\w+|LANG|LANGUAGE|TZ|TZDIR|GIT\w*|SSH\w*|GPG\w*|GNUPG\w*|EDITOR|VISUAL|FCEDIT|PAGER|MANPAGER|MAN\w+|LESS\w*|MORE|BROWSER|NODE\w*|NPM_\w+|npm_\w+|YARN\w*|PNPM\w*|BUN_\w+|DENO_\w+|TS_NODE\w*|PYTHON\w*|PIP_\w+|UV_\w+|VIRTUAL_ENV|CONDA\w*|PERL\w*|RUBY\w*|GEM_\w+|BUNDLE_\w+|RAKE\w*|PHP\w*|LUA_\w+|JAVA\w*|_JAVA\w*|JDK_\w+|CLASSPATH|MAVEN_\w+|GRADLE_\w+|KOTLIN\w*|GO\w*|CGO_\w+|CARGO\w*|RUST\w*|CC|CXX|CPP|LD|AR|AS|CFLAGS|CPPFLAGS|CXXFLAGS|LDFLAGS|MAKE\w*|MFLAGS|CMAKE\w*|PKG_CONFIG\w*|TAR_\w+|TAPE|GZIP|BZIP2?|XZ_\w+|ZSTD_\w+|ZIPOPT|UNZIP\w*|GREP_\w+|RIPGREP\w*|FD_\w+|LS_\w+|JQ_\w+|AWK\w*|GAWK\w*|FZF_\w+|BAT_\w+|DELTA_\w+|FIND\w*|XDG_\w+|DISPLAY|XAUTHORITY|DBUS\w*|WAYLAND\w*|\w*_proxy|\w*_PROXY|CURL_\w+|WGETRC|OPENSSL\w*|SSL\w*|REQUESTS_\w+|AWS_\w+|AZURE_\w+|GOOGLE_\w+|KUBE\w*|DOCKER\w*|PG\w+|MYSQL\w*|REDIS\w*|ANSIBLE\w*|TF_\w+|VAULT_\w+|SUDO_\w+|EMACS\w*|VIM\w*|NVIM\w*|MYVIMRC|EXINIT|TCL\w*|GUILE\w*|ZDOTDIR|FPATH|MANPATH|MODULE_PATH|fpath|path|cdpath|manpath|module_path|psvar|\w*aliases|\w*functions|commands|builtins|options|parameters|modules|nameddirs|userdirs|widgets|keymaps|hooks|BLOCKSIZE|BLOCK_SIZE|QUOTING_STYLE|TIME_STYLE|COLUMNS|LINES)$/;

export const isDangerousName = (name: string): boolean => dangerous.test(name);

/** What may be put into the environment of a command: names, and the values that they may have. */
const exportable: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^(?:LANG|LC_(?:ALL|COLLATE|CTYPE|MESSAGES|MONETARY|NUMERIC|TIME))$/, /^[A-Za-z0-9_.@-]*$/],
  [/^TZ$/, /^[A-Za-z][A-Za-z0-9_+-]*(?:\/[A-Za-z0-9_+-]+)*$/],
  [/^(?:NO_COLOR|CLICOLOR|CLICOLOR_FORCE|FORCE_COLOR|CI|GIT_OPTIONAL_LOCKS|GIT_TERMINAL_PROMPT|COLUMNS|LINES|MANWIDTH)$/, /^(?:\d{0,4}|true|false)$/],
  [/^(?:PAGER|GIT_PAGER|MANPAGER)$/, /^(?:cat)?$/],
  [/^TERM$/, /^(?:dumb|xterm|xterm-256color)$/],
];

export const mayExport = (name: string, value: Value): boolean =>
  value.kind === "literal" && exportable.some(([names, values]) => names.test(name) && values.test(value.text));

const numbers = new Set([
  "?",
  "#",
  "$",
  "RANDOM",
  "SRANDOM",
  "SECONDS",
  "LINENO",
  "UID",
  "EUID",
  "PPID",
  "BASHPID",
  "EPOCHSECONDS",
  "SHLVL",
  "BASH_SUBSHELL",
  "COLUMNS",
  "LINES",
]);

/** What `$name` stands for. */
export function variableValue(name: string, state: State, where: Where): Value {
  const known = state.variables.get(name);
  if (known !== undefined) return known;
  if (name === "PWD") return folderValue(state);
  if (name === "HOME") return literal(where.home);
  return numbers.has(name) ? someNumber : anything;
}
