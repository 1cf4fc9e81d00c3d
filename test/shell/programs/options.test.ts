// The tables of reading programs against the real ones: which options there are, and which take the word after them.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { programOf } from "../../../src/shell/programs/index.ts";
import type { Program } from "../../../src/shell/programs/program.ts";
import { disagreements, isInstalled, optionRows, versionOf } from "./real-programs.ts";

const folder = mkdtempSync(join(tmpdir(), "bosun-options-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const tableOf = (name: string): Program => {
  const program = programOf(name);
  if (program === undefined) throw new Error(`no table of ${name}`);
  return program;
};

/** Options that other versions have, or programs of the same name on other systems. */
const elsewhere: Readonly<Record<string, string>> = {
  wc: "--total",
  factor: "--exponents -h",
  cksum: "--base64 --raw",
  md5sum: "-l --length -a --algorithm",
  sha1sum: "-l --length -a --algorithm",
  b2sum: "-a --algorithm",
  column: "-K --table-header-as-columns -C --table-column",
  comm: "-i",
  cut: "-w",
  tr: "-u",
  look: "-b",
  base64: "-D -o --output",
  cmp: "-x -z -h",
  sed: "-I -a",
  tar: "--starting-file",
};

const programs =
  "ls du df stat file basename dirname realpath readlink mountpoint pathchk cat tac head tail wc nl od hexdump md5sum sha1sum b2sum cksum sum seq shuf numfmt factor date sleep tee dircolors sort uniq comm join tsort ptx cut paste tr fold fmt expand unexpand pr column rev col colrm ul base64 basenc iconv look diff cmp diff3 sdiff strings nm size readelf objdump c++filt addr2line grep zgrep sed tar gzip zcat bzip2 xz";

/** `npm test` asks of those that take a value, the long run of all. */
const every = Number(process.env["BOSUN_PROPERTY_FACTOR"] ?? "1") > 1;

describe("an option takes the word after it where the program does", () => {
  test.each(programs.split(" ").filter(isInstalled))("%s", (name) => {
    // Busybox and the BSDs say other things of options they don't know.
    if (!/GNU|util-linux|Free Software|bzip2|xz|file-|Debian/.test(versionOf(name))) return;
    expect(disagreements(name, tableOf(name), folder, new Set((elsewhere[name] ?? "").split(" ")), every)).toEqual([]);
  });
});

/** What stands in the text of --help and is no option, or is left to "no option that is known". */
const leftOut: Readonly<Record<string, string>> = {
  ls: "-D",
  numfmt: "-M",
  cut: "-M",
  col: "-v",
  diff: "--GTYPE-group-format --LTYPE-line-format",
  // asks: it prints its inner workings, slowly
  file: "-d --debug",
  gzip: "-1 -9",
  bzip2: "-1 -9",
  xz: "-0 -9",
  zgrep: "--exclude --exclude-from --exclude-dir --include --recursive -r",
  tar: "--test-label --check-device --ignore-failed-read --no-check-device --exclude-backups --exclude-caches --exclude-caches-all --exclude-caches-under --exclude-vcs --exclude-vcs-ignores --no-unquote --no-verbatim-files-from --unquote --verbatim-files-from --keep-directory-symlink --keep-newer-files --no-overwrite-dir --one-top-level --overwrite --overwrite-dir --recursive-unlink --skip-old-files -U --unlink-first --ignore-command-error --no-ignore-command-error --clamp-mtime --delay-directory-restore --no-delay-directory-restore --hard-dereference --one-file-system --show-snapshot-field-ranges --restrict",
};

describe("each option that the program tells of is in its table", () => {
  test.each([...programs.split(" "), "rg", "ag", "ack", "fdfind", "jq", "gawk", "xmllint", "hexyl", "batcat", "less", "more", "man"].filter(isInstalled))(
    "%s",
    (name) => {
      const { stdout, stderr } = spawnSync(name, ["--help"], { encoding: "utf8", input: "", timeout: 5000 });
      const listed = new Set(optionRows(tableOf(name)).flatMap(({ names }) => names.split(" ")));
      const told = new Set<string>();
      for (const line of `${stdout}${stderr}`.split("\n")) {
        const head = /^\s{0,10}(-.*)$/.exec(line)?.[1]?.split(/\s{2,}|\t/)[0] ?? "";
        for (const option of head.match(/(?<![\w-])--?[A-Za-z0-9][\w-]*/g) ?? []) if (option.startsWith("--") || option.length === 2) told.add(option);
      }
      const left = new Set((leftOut[name] ?? "").split(" "));
      expect([...told].filter((option) => !listed.has(option) && !left.has(option))).toEqual([]);
    },
  );
});
