// git itself: what stands before the sub-command, and all sub-commands. git(1).
//
//  G3  A setting given with -c is harmless only if it is on the list: git's settings name programs in many places.
//  G4  A sub-command that is on no list may be an alias or a program `git-NAME`: the engine asks.
import { textOfValue } from "../value.ts";
import { gitChanges } from "./git-changes.ts";
import { gitHistory } from "./git-history.ts";
import { gitReading } from "./git-reading.ts";
import { refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

/** Settings that only change how something is printed. Names without case, as git reads them; values by pattern. */
const harmlessSettings: readonly (readonly [name: RegExp, value: RegExp])[] = [
  [/^color\.[a-z.-]+$/, /^[a-z0-9 #-]*$/i],
  [
    /^core\.(?:quotepath|abbrev|precomposeunicode|ignorecase|preloadindex|untrackedcache|commentchar|autocrlf|safecrlf|filemode|longpaths|whitespace)$/,
    /^[a-z0-9,=-]*$/i,
  ],
  // The pager of a program that prints to no terminal isn't run; `cat` and none would do no harm.
  [/^(?:core\.pager|pager\.[a-z-]+)$/, /^(?:cat|false|0|no|off|)$/],
  [/^core\.fsmonitor$/, /^(?:false|0|no|off|)$/],
  [/^(?:log\.(?:date|decorate|abbrevcommit|follow|showroot|mailmap|diffmerges)|format\.notes)$/, /^[a-z0-9:%_+ ,./-]*$/i],
  [/^(?:blame\.(?:date|coloring|showemail|blankboundary|showroot)|column\.[a-z]+|status\.[a-z]+|advice\.[a-z]+|i18n\.logoutputencoding)$/, /^[a-z0-9 ,:-]*$/i],
  [
    /^diff\.(?:renames|renamelimit|algorithm|context|interhunkcontext|mnemonicprefix|noprefix|colormoved|colormovedws|wordregex|statgraphwidth|submodule|ignoresubmodules|indentheuristic|suppressblankempty|relative|wserrorhighlight|dirstat|statnamewidth)$/,
    /^[a-z0-9 ,-]*$/i,
  ],
  [
    /^(?:grep\.(?:linenumber|column|patterntype|extendedregexp|fullname|threads)|versionsort\.[a-z]+|branch\.sort|tag\.sort|safe\.bareRepository|safe\.barerepository)$/,
    /^[a-z0-9:_-]*$/i,
  ],
];

function settings(line: Line, report: Report): void {
  for (const { name, value, span } of line.options) {
    if (name !== "-c" || value === null) continue;
    const text = textOfValue(value.value);
    if (text === null) {
      report.finding("git-option", "unclear", "which of git's settings -c gives is not known before it runs", span);
      continue;
    }
    const equals = text.indexOf("=");
    const key = (equals < 0 ? text : text.slice(0, equals)).toLowerCase();
    const given = equals < 0 ? "true" : text.slice(equals + 1);
    if (harmlessSettings.some(([names, values]) => names.test(key) && values.test(given))) continue;
    report.finding("git-option", "option", `the setting ${key} may make git run a program or write elsewhere`, span);
    report.effect({ kind: "unknown", says: `git -c ${key}`, span });
  }
}

/** Every sub-command prints its usage for "-h" alone, and opens its manual for "--help". filter-branch warns first, and waits. */
const withUsage = (program: Program): Program => ({
  ...program,
  ...(program.flags === undefined ? {} : { flags: `${program.flags} --help` }),
  ...(/^(?:ls-remote|lfs|filter-branch)$/.test(program.names) ? {} : { harmless: ["-h", ...(program.harmless ?? [])] }),
});

export const git: readonly Program[] = [
  {
    names: "git",
    flags:
      "-v --version -h --help -P --no-pager --no-replace-objects --literal-pathspecs --glob-pathspecs --noglob-pathspecs --icase-pathspecs --no-optional-locks --no-lazy-fetch --no-advice --html-path --man-path --info-path",
    options: [
      ...taking("names", "-C"),
      ...taking("text", "-c"),
      ...refused("refuse", "makes git page what it prints", "-p --paginate"),
      ...refusedAttached("refuse", "tells where git's own programs are", "--exec-path"),
      ...refusedTaking("refuse", "makes git work on another repository", "--git-dir, --work-tree, --namespace, --super-prefix"),
      ...refusedTaking("refuse", "takes a setting from the environment", "--config-env"),
      ...refusedTaking("refuse", "takes attributes from elsewhere", "--attr-source"),
      ...refused("refuse", "takes the folder for a repository", "--bare"),
      ...refusedAttached("refuse", "lists commands", "--list-cmds"),
    ],
    folder: "-C",
    harmless: ["--exec-path"],
    look: settings,
    commands: [...gitHistory, ...gitReading, ...gitChanges].map(withUsage),
  },
];
