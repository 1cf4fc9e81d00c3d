// Interpreters, compilers and build tools: harmless only in the forms that print a version or a help text. What else they run is the project's.
import { textOfValue } from "../value.ts";
import { does, tell, unfollowed } from "./deeds.ts";
import { has, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

const interpreter = (names: string, harmless: string, says = "it runs a program text"): Program => unfollowed(names, does("interpreter", says), harmless);
const projectCode = (names: string, harmless: string, says: string): Program => unfollowed(names, does("project-code", says), harmless);

/** What bash and sh run: the text after -c is judged; a file, or what comes in, is not. */
function shellRuns(line: Line, report: Report): void {
  const [first] = line.operands;
  if (has(line, "-c")) {
    const text = first === undefined ? null : textOfValue(first.value);
    if (first === undefined) return;
    if (text === null) runsUnseen(line, report, "it runs a text that is not known before");
    else report.script(text, first.span);
    return;
  }
  // bash(1): -n reads commands and runs none.
  if (has(line, "-n") && line.operands.length === 1 && first !== undefined) return report.word(first, "read");
  runsUnseen(line, report, first === undefined ? "it runs what comes in as commands" : "it runs a file of commands");
}

const runsUnseen = (line: Line, report: Report, says: string): void => tell(does("interpreter", says), line.span, report);

const shells: readonly Program[] = [
  {
    names: "bash sh dash",
    style: "posix",
    flags: "-c -e -u -x -v -n -f -a -h -B -C -p --norc --noprofile --posix --noediting --verbose",
    options: taking("refuse", "-o, -O, --rcfile, --init-file"),
    harmless: ["--version", "--help"],
    look: shellRuns,
  },
  interpreter(
    "zsh ksh mksh oksh fish csh tcsh ash yash rbash rzsh nu nushell elvish xonsh osh oil pwsh powershell",
    "--version, --help",
    "it runs a shell that is not followed here",
  ),
];

const version = "--version, -V, --help, -h";

/** node(1): --check parses a script and runs nothing. */
function nodeRuns(line: Line, report: Report): void {
  const [option, file] = line.words;
  const text = file === undefined ? null : textOfValue(file.value);
  const checks = /^(?:-c|--check)$/.test(option === undefined ? "" : (textOfValue(option.value) ?? ""));
  if (checks && file !== undefined && text !== null && !text.startsWith("-") && line.words.length === 2) report.word(file, "read");
  else runsUnseen(line, report, "it runs a program text");
}

const interpreters: readonly Program[] = [
  interpreter(
    "python python2 python3 python3.8 python3.9 python3.10 python3.11 python3.12 python3.13 python3.14 pypy pypy3 ipython ipython3 py jython micropython",
    // Not "-m MODULE", whatever module it is: a file of that name in the working folder would run in its place.
    `${version}, -VV`,
  ),
  {
    names: "node nodejs",
    style: "none",
    harmless: ["--version", "-v", "--help", "-h", "--v8-options", "-p process.version", "-p process.versions", "-p process.platform", "-p process.arch"],
    look: nodeRuns,
  },
  interpreter("ruby irb erb jruby truffleruby", "--version, -v, --help, -h, --copyright"),
  interpreter("perl perl5 raku", "--version, -v, -V, --help, -h"),
  interpreter("php php8 php8.1 php8.2 php8.3 php8.4 hhvm", "--version, -v, --help, -h, -m, -i, --ini"),
  interpreter("lua lua5.1 lua5.2 lua5.3 lua5.4 luajit texlua", "-v"),
  interpreter("tclsh wish expect erl escript utop lein", ""),
  interpreter("R Rscript octave julia gnuplot maxima sage", "--version, --help"),
  interpreter("m4 gm4", "--version, --help"),
  interpreter("guile racket clisp sbcl ecl chez scheme csi gsi emacs-batch mit-scheme clojure clj bb janet", "--version, --help, -v"),
  interpreter("ghci runghc runhaskell ocaml elixir iex scala scala3 groovy kotlin kotlinc kotlinc-jvm jshell swipl gprolog", "--version, -version, --help"),
  interpreter("deno", "--version, -V, --help, -h, help"),
  interpreter("bun", "--version, -v, --revision, --help, -h, pm ls, pm bin, pm cache, pm ls --all"),
  interpreter("tsx ts-node tsx-node esno swc-node babel-node jiti vite-node", "--version, -v, --help, -h"),
  interpreter("java", "-version, --version, -showversion, --help, -help, -h, -fullversion, --full-version"),
  interpreter("sqlite3 sqlite duckdb", "--version, -version, --help, -help", "it runs statements that may write files or run programs"),
  interpreter(
    "psql mysql mariadb mongosh mongo redis-cli sqlcmd clickhouse influx cqlsh mysqldump pg_dump pg_restore",
    "--version, -V, --help, -?",
    "it speaks to a database",
  ),
  interpreter(
    "osascript defaults open pbcopy pbpaste automator shortcuts xdg-open gio start wslview explorer.exe cmd cmd.exe",
    "--version, --help",
    "it acts outside the terminal",
  ),
];

/** go(1): what these print comes from the environment and go's own settings. `go list` may download; `-w` and `-u` write. */
function goReads(line: Line, report: Report): void {
  if (has(line, "-w -u -changed")) {
    report.finding("write-option", "option", "it changes go's settings", line.span);
    report.effect({ kind: "writes", path: null, span: line.span });
  }
}

const code = "it builds or runs code of the project";

const go: Program = {
  names: "go",
  operands: [],
  harmless: ["help", "-h"],
  commands: [
    { names: "version", style: "words", flags: "-m -v", operands: ["read"] },
    { names: "env", style: "words", flags: "-json -w -u -changed", look: goReads },
    { names: "help", style: "none" },
    unfollowed("doc build clean fix fmt generate run test vet tool work list telemetry bug", does("project-code", code)),
    unfollowed("get install mod", does("network", "it fetches or changes modules"), "help"),
  ],
};

const cargo: Program = {
  names: "cargo",
  operands: [],
  flags: "--version -V -v --list --help -h -q --quiet --verbose",
  options: [...taking("text", "--explain, --color"), ...taking("refuse", "--config, -Z, -C")],
  commands: [
    { names: "version", flags: "-v --verbose", operands: [] },
    { names: "help", style: "none" },
    unfollowed(
      "build b check c clean doc d test t bench run r rustc rustdoc fix clippy fmt miri nextest expand tree metadata locate-project pkgid read-manifest verify-project config report",
      does("project-code", `${code}, or reads settings that may run programs`),
      "-h, --help",
    ),
    unfollowed(
      "add remove rm update install uninstall publish yank search fetch vendor login logout owner package generate-lockfile info init new",
      does("network", "it fetches, sends or changes packages"),
      "-h, --help, --list",
    ),
  ],
};

const compilers: readonly Program[] = [
  projectCode(
    "gcc g++ cc c++ clang clang++ gcc-12 g++-12 gcc-13 g++-13 gcc-14 g++-14 tcc icc nvcc emcc zig gfortran gnat gdc dmd ldc2 swiftc nasm yasm ld lld gold",
    "--version, -v, -dumpversion, -dumpmachine, -dumpfullversion, --help, version, -print-search-dirs, -print-sysroot",
    "it compiles, and writes what comes out",
  ),
  projectCode(
    "rustc rustdoc rustfmt clippy-driver",
    "--version, -V, -vV, --version --verbose, --help, -h, --print sysroot, --print target-list, --print cfg, --print host-tuple",
    "it compiles, and writes what comes out",
  ),
  projectCode(
    "rustup",
    "--version, -V, show, toolchain list, target list, component list, which rustc, which cargo, show active-toolchain, target list --installed, --help",
    "it changes or fetches compilers",
  ),
  projectCode(
    "javac kotlinc-native scalac groovyc ghc ocamlc ocamlopt erlc elixirc fpc mcs csc fsc vala valac nim crystal v odin haxe coffee",
    "--version, -version, -v, --help, -V",
    "it compiles, and writes what comes out",
  ),
  projectCode("tsc", "--version, -v, --help, -h, --all, --showConfig", "it compiles, and writes what comes out"),
  projectCode("dotnet msbuild nuget xbuild", "--list-sdks, --list-runtimes", code),
  projectCode("protoc buf flatc thrift swig bison flex yacc lex re2c ragel antlr4 gperf rpcgen", "--version, --help, -V, -h", "it generates files"),
  projectCode("xcodebuild xcrun swiftlint swiftformat pod carthage fastlane flutter dart", "-version, --version, --help", code),
];

const builders: readonly Program[] = [
  projectCode("make gmake bmake remake", "--version, -v, --help, -h", "make runs what the makefile says, with -n too"),
  projectCode(
    "cmake ctest cpack meson ninja samu autoconf automake autoreconf aclocal libtool configure gn gyp qmake xmake premake5 tup redo",
    "--version, -v, --help, -h",
    "it runs what the project's build files say",
  ),
  projectCode(
    "scons waf bazel bazelisk buck buck2 pants please nx turbo lerna rush gulp grunt jake moon wireit",
    "",
    "it runs the project's own copy of itself, or its build files",
  ),
  // No form of mvn and sbt: a file of the project (.mvn/jvm.config, .sbtopts) gives options to their Java.
  projectCode("mvn mvnw mvnd sbt mill leiningen", "--help", "it runs what the project's build files say"),
  projectCode("gradle gradlew ant ivy kobalt", "--version, -version, -v, --help, -h", "it runs what the project's build files say"),
  projectCode("just task rake thor invoke fab doit mage earthly dagger", "--version, -V, -v, --help, -h, version", "it runs tasks of the project"),
];

export const languages: readonly Program[] = [...shells, ...interpreters, go, cargo, ...compilers, ...builders];
