// Programs that run the command in their words: what they run is judged as if it stood alone; the manuals of coreutils, findutils and util-linux.
import { lineOf } from "../state.ts";
import { type Argument, literal, textOfValue, type Value } from "../value.ts";
import { mayExport } from "../variables.ts";
import { does } from "./deeds.ts";
import { attached, foldersAfter, has, refused, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Output, Program, Report } from "./program.ts";

/** Judges the words from the nth operand on. */
const runsFrom =
  (index: number) =>
  ({ operands }: Line, report: Report): void => {
    if (operands.length > index) report.command(operands.slice(index), false);
  };

const env: Program = {
  names: "env genv",
  style: "posix",
  flags: "-i --ignore-environment -0 --null -v --debug --list-signal-handling --help --version",
  options: [
    ...taking("text", "-u --unset"),
    ...taking("names", "-C --chdir"),
    ...attached("text", "--block-signal, --default-signal, --ignore-signal"),
    ...refusedTaking("run", "splits a text into a command of its own", "-S --split-string"),
    ...refusedTaking("run", "looks for the program elsewhere", "-P"),
  ],
  look: (line, report) => {
    let index = 0;
    for (const word of line.operands) {
      const text = word.value.kind === "literal" ? word.value.text : "prefix" in word.value ? word.value.prefix : "";
      const equals = text.indexOf("=");
      if (equals < 0) break;
      index += 1;
      const name = text.slice(0, equals);
      const value: Value = word.value.kind === "literal" ? literal(text.slice(equals + 1)) : word.value;
      if (!mayExport(name, value)) report.finding("environment", "option", `the variable ${name} may change what the command does`, word.span);
    }
    const rest = line.operands.slice(index);
    if (rest.length > 0) report.command(rest, false, foldersAfter(line, "-C --chdir"));
  },
};

/** A word of xargs' command in which each line of the input takes the place of a mark. */
function filled(word: Argument, mark: string, pipe: Output): Argument {
  const text = textOfValue(word.value);
  if (text === null || !text.includes(mark)) return word;
  const line = lineOf(pipe, false);
  const before = text.slice(0, text.indexOf(mark));
  if (text.endsWith(mark) && text.indexOf(mark) === text.length - mark.length && line.kind === "unknown")
    return { span: word.span, value: before === "" ? line : { kind: "unknown", prefix: before + line.prefix, splits: false, holds: line.holds } };
  return { span: word.span, value: { kind: "unknown", prefix: before, splits: false, holds: "anything" } };
}

const xargs: Program = {
  names: "xargs gxargs",
  style: "posix",
  flags: "-0 --null -r --no-run-if-empty -t --verbose -x --exit --show-limits --help --version",
  options: [
    ...taking("number", "-n --max-args, -L --max-lines, -P --max-procs, -s --max-chars"),
    ...taking("text", "-d --delimiter, -E, -I"),
    ...attached("text", "-e --eof, -i --replace, -l"),
    ...taking("list", "-a --arg-file"),
    ...refused("hangs", "asks at the terminal", "-p --interactive, -o --open-tty"),
    ...refusedTaking("refuse", "sets a variable for the command", "--process-slot-var"),
  ],
  look: (line, report) => {
    if (line.operands.length === 0 || has(line, "--help --version --show-limits")) return;
    const marks = line.options.flatMap(({ name, value }) => {
      if (!/^-(?:[Ii]|-replace)$/.test(name)) return [];
      return [value === null ? "{}" : (textOfValue(value.value) ?? "")];
    });
    if (marks.includes("")) {
      report.finding("wrapper", "unclear", "what xargs puts into its command is not known before it runs", line.span);
      return;
    }
    // A line of the input is one word, whatever it holds; a name that begins with "-" is the inner program's matter.
    const words = line.operands.map((word) => marks.reduce((now, mark) => filled(now, mark, line.pipe ?? "anything"), word));
    const input = { input: "nothing" } as const;
    if (marks.length > 0) return report.command(words, false, undefined, input);
    // With nothing to hand on it runs all the same, once.
    if (!has(line, "-r --no-run-if-empty")) report.command(words, false, undefined, input);
    const pipe = line.pipe ?? "anything";
    if (!has(line, "-0 --null") || (pipe !== "names" && typeof pipe !== "object")) return report.command(words, true, undefined, input);
    const name: Argument = { value: lineOf(pipe, false), span: line.span };
    report.command([...words, name, name], false, undefined, input);
  },
};

/** timeout(1): a duration of 0 is none; without -s it sends TERM. */
function timed(line: Line, report: Report): void {
  const [duration, ...words] = line.operands;
  const found = /^(\d+(?:\.\d+)?)([smh]?)$/.exec(duration === undefined ? "" : (textOfValue(duration.value) ?? ""));
  const seconds = Number(found?.[1] ?? 0) * (found?.[2] === "m" ? 60 : found?.[2] === "h" ? 3600 : 1);
  // Only of these it is known that they end by that, and leave nothing behind.
  const ends = /^(?:g?tail|top|vmstat|iostat|mpstat|pidstat|free|sleep)$/.test(words[0] === undefined ? "" : (textOfValue(words[0].value) ?? ""));
  const bounded = ends && seconds > 0 && seconds <= 600 && !has(line, "-s --signal");
  if (words.length > 0) report.command(words, false, undefined, bounded ? { bounded } : {});
}

/** Wrappers that do more than hand on: asked about, and what they run is judged too. */
const wrapping = (names: string, says: string, options: Partial<Program> = {}): Program => ({
  names,
  style: "posix",
  does: does("wrapper", says),
  look: runsFrom(0),
  ...options,
});

const sudoFlags = "-A -b -E -e -H -h -i -K -k -l -n -P -S -s -V -v";
const privileged: Program = {
  names: "sudo doas su runuser pkexec run0 gosu setpriv capsh sg newgrp login machinectl",
  style: "posix",
  does: { check: "privilege", kind: "effect", says: "it runs as another user", effect: "runs" },
  flags: sudoFlags,
  options: taking(
    "text",
    "-u --user, -g --group, -p --prompt, -C --close-from, -T --command-timeout, -R --chroot, -D --chdir, -U --other-user, -c --command, -r, -t",
  ),
  look: (line, report) => {
    for (const { name, value } of line.options) {
      const text = value === null ? null : textOfValue(value.value);
      if (/^(?:-c|--command)$/.test(name) && text !== null && value !== null) report.script(text, value.span);
    }
    // Assignments may stand before the command.
    const from = line.operands.findIndex(({ value }) => !/^\w+=/.test(textOfValue(value) ?? ""));
    if (from >= 0 && /^(?:sudo|doas|pkexec|run0|gosu|setpriv)$/.test(line.program)) report.command(line.operands.slice(from), false);
  },
};

/** Builtins that change the shell itself: behind `exec` they would do so unseen. */
const changesShell =
  /^(?:cd|pushd|popd|dirs|export|declare|typeset|readonly|local|unset|set|shopt|eval|source|\.|exec|trap|alias|unalias|read|mapfile|readarray|printf|enable|hash|getopts|let|umask|ulimit|exit|return|break|continue|complete|compgen|compopt|bind|history|fc|wait|kill|disown|suspend|logout|coproc|test|\[)$/;

function handsOn(line: Line, report: Report): void {
  const [first] = line.operands;
  if (first === undefined) return;
  const name = textOfValue(first.value);
  if (name !== null && changesShell.test(name)) {
    report.finding("eval-builtin", "unclear", `${name} behind ${line.program} may change the shell`, first.span);
    return;
  }
  report.command(line.operands, false);
}

/** `command` and `builtin` stand in ../shell-builtins.ts. */
const exec: Program = {
  names: "exec",
  style: "posix",
  flags: "-c -l",
  options: refusedTaking("refuse", "gives the program another name, by which it may act", "-a"),
  look: handsOn,
};

const handing: readonly Program[] = [
  { names: "nohup gnohup", style: "posix", flags: "--help --version", look: runsFrom(0) },
  { names: "nice gnice", style: "posix", flags: "-# --help --version", options: taking("number", "-n --adjustment"), look: runsFrom(0) },
  {
    names: "ionice",
    style: "posix",
    flags: "-t --ignore -h --help -V --version",
    options: [...taking("text", "-c --class, -n --classdata"), ...refusedTaking("refuse", "changes other processes", "-p --pid, -P --pgid, -u --uid")],
    look: runsFrom(0),
  },
  {
    names: "timeout gtimeout",
    style: "posix",
    flags: "--preserve-status --foreground -f -p -v --verbose --help --version",
    options: taking("text", "-k --kill-after, -s --signal"),
    look: timed,
  },
  {
    names: "time gtime",
    style: "posix",
    flags: "-p --portability -q --quiet -v --verbose -l -h --help -V --version",
    options: [
      ...taking("text", "-f --format"),
      ...refusedTaking("write", "writes to a file", "-o --output"),
      ...refused("write", "adds to a file", "-a --append"),
    ],
    look: runsFrom(0),
  },
  { names: "stdbuf gstdbuf", style: "posix", flags: "--help --version", options: taking("text", "-i --input, -o --output, -e --error"), look: runsFrom(0) },
  {
    names: "setsid",
    style: "posix",
    flags: "-w --wait -h --help -V --version",
    options: refused("hangs", "leaves the command running, or takes the terminal", "-f --fork, -c --ctty"),
    look: runsFrom(0),
  },
];

const tracing: readonly Program[] = [
  wrapping("strace ltrace", "it runs a program and follows it", {
    flags: "-f -ff -c -C -i -k -n -q -qq -r -t -tt -ttt -T -v -x -xx -y -yy -Y -z -Z -w -d -h -V -D -DD -DDD",
    options: [
      ...taking(
        "text",
        "-e --trace, -s --string-limit, -P --trace-path, -a --columns, -S --summary-sort-by, -U --summary-columns, -X, -I, -O, -b, -p --attach, -u --user, -E --env, -l, -n",
      ),
      ...refusedTaking("write", "writes to a file or a program", "-o --output"),
    ],
    harmless: ["-V", "--version", "-h", "--help"],
  }),
  wrapping("gdb lldb valgrind perf rr heaptrack uftrace bpftrace dtrace dtruss", "it runs or changes a program", {
    style: "none",
    look: () => {},
    harmless: ["--version", "-v", "--help"],
  }),
];

const wrapped: readonly Program[] = [
  wrapping("setarch linux32 linux64 i386 x86_64 uname26 arch-exec taskset chrt numactl prlimit cpulimit schedtool", "it runs a program", {
    harmless: ["--version", "--help", "-V", "-h", "--list"],
    look: ({ operands }, report) => {
      // The first operand may be a mask, an architecture or already the command.
      for (const index of [0, 1]) if (operands.length > index) report.command(operands.slice(index), false);
    },
  }),
  wrapping(
    "chroot unshare nsenter ip-netns firejail bwrap proot fakeroot fakechroot systemd-run systemd-inhibit systemd-nspawn",
    "it runs a program in another world",
  ),
  wrapping("flock lockfile", "it makes a lock file and runs a program", { look: runsFrom(1) }),
  wrapping("busybox toybox", "it runs its own version of a program", { harmless: ["--help", "--list", "--list-full"] }),
  wrapping(
    "caffeinate unbuffer rlwrap xvfb-run dbus-run-session dbus-launch softlimit envdir setuidgid chpst tsocks torsocks proxychains proxychains4 catchsegv eatmydata ts-run pipexec chronic ifne lckdo zrun",
    "it runs a program",
  ),
  wrapping("parallel sem mpirun mpiexec srun", "it runs many commands", { style: "none", look: () => {}, harmless: ["--version", "--help"] }),
  wrapping("script scriptreplay screen tmux dtach abduco byobu zellij at batch", "it runs a shell of its own", {
    style: "none",
    look: () => {},
    harmless: ["--version", "-V", "--help"],
  }),
  wrapping("entr watchexec fswatch inotifywait nodemon reflex chokidar", "it waits for changes and runs a program", {
    style: "none",
    look: () => {},
    does: { check: "hang", kind: "effect", says: "it waits for changes of files", effect: "runs" },
    harmless: ["--version", "--help"],
  }),
  {
    names: "watch",
    style: "posix",
    does: { check: "hang", kind: "effect", says: "it goes on until it is stopped", effect: "runs" },
    flags: "-b --beep -c --color -e --errexit -g --chgexit -p --precise -t --no-title -w --no-wrap -x --exec -C",
    options: [...taking("text", "-n --interval, -q --equexit, -s --shotsdir"), ...attached("text", "-d --differences")],
    harmless: ["--version", "-v", "--help", "-h"],
    look: ({ operands, span }, report) => {
      const texts = operands.map(({ value }) => textOfValue(value));
      if (operands.length > 0 && !texts.includes(null)) report.script(texts.join(" "), span);
    },
  },
];

export const wrappers: readonly Program[] = [env, xargs, privileged, exec, ...handing, ...tracing, ...wrapped];
