// Archives and compressed files, as far as they are listed or shown: GNU tar 1.34, bsdtar, gzip, bzip2, xz, zstd, Info-ZIP, 7-Zip, cpio.
import { type Argument, literal, prefixOf, textOfValue } from "../value.ts";
import { does, tell } from "./deeds.ts";
import { attached, has, refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

const changes = (report: Report, line: Line, says: string): void => tell(does("mutation", says), line.span, report);

const tarValues = new Set([..."bfCTXgIFKLNVH"]);

/** "tar tvf x": the first word holds letters, whose values follow in their order. */
function tarWords(words: readonly Argument[]): readonly Argument[] {
  const [first, ...rest] = words;
  const letters = first === undefined ? null : textOfValue(first.value);
  if (first === undefined || letters === null || !/^[A-Za-z]+$/.test(letters)) return words;
  const made: Argument[] = [];
  let next = 0;
  for (const letter of letters) {
    made.push({ value: literal(`-${letter}`), span: first.span });
    const value = rest[next];
    if (!tarValues.has(letter) || value === undefined) continue;
    made.push(value);
    next += 1;
  }
  return [...made, ...rest.slice(next)];
}

function unpacked(line: Line, report: Report): void {
  if (has(line, "--help --usage --version --show-defaults -?")) return;
  const lists = has(line, "-t --list") || (has(line, "-x --extract --get") && has(line, "-O --to-stdout"));
  if (!lists || has(line, "-c --create -r --append -u --update -A --catenate --concatenate --delete -d --diff --compare"))
    changes(report, line, "tar writes an archive or the files in it");
  for (const { name, value } of line.options) {
    if ((name !== "-f" && name !== "--file") || value === null) continue;
    // "host:file" is fetched by ssh.
    const text = textOfValue(value.value);
    if (text === null ? value.value.kind !== "glob" || prefixOf(value.value).includes(":") : text.includes(":"))
      report.finding("network", "option", "an archive with a colon in its name is fetched from another machine", value.span);
    if (text !== "-") report.word(value, "read", { option: true });
  }
}

const tar: Program = {
  names: "tar gtar bsdtar",
  rewrite: tarWords,
  flags:
    "-t --list -x --extract --get -O --to-stdout -v --verbose -z --gzip --gunzip --ungzip -j --bzip2 -J --xz --lzip --lzma --lzop --zstd -Z --compress --uncompress -a --auto-compress --no-auto-compress --full-time --utc --numeric-owner -R --block-number --show-transformed-names --show-stored-names --show-omitted-dirs --wildcards --no-wildcards --wildcards-match-slash --no-wildcards-match-slash --anchored --no-anchored --ignore-case --no-ignore-case --recursion --no-recursion -i --ignore-zeros -B --read-full-records -n --seek --no-seek -p --preserve-permissions --same-permissions --no-same-owner --no-same-permissions --same-owner -k --keep-old-files -m --touch -h --dereference -P --absolute-names --force-local --acls --no-acls --selinux --no-selinux --xattrs --no-xattrs -S --sparse --posix --old-archive --portability -l --check-links -o --null --no-null --help --usage -? --version --show-defaults -c --create -r --append -u --update -A --catenate --concatenate --delete -d --diff --compare",
  options: [
    ...taking(
      "text",
      "-f --file, -b --blocking-factor, --record-size, --exclude, --strip-components, --transform --xform, --quoting-style, --quote-chars, --no-quote-chars, --format, -K --starting-file, -N --newer --after-date, --newer-mtime, --mode, --mtime, --owner, --group, --sort, --pax-option, --warning, -V --label, --level, --xattrs-include, --xattrs-exclude, --suffix, --hole-detection, --sparse-version",
    ),
    ...attached("text", "--occurrence, --totals, --checkpoint, --atime-preserve, --backup"),
    ...taking("read", "-X --exclude-from"),
    ...refusedTaking("run", "runs a program", "-I --use-compress-program, --to-command, -F --info-script --new-volume-script, --rsh-command, --rmt-command"),
    ...refusedTaking("run", "may run a command", "--checkpoint-action"),
    ...refusedTaking("write", "writes to a file", "--index-file, -g --listed-incremental, --volno-file"),
    ...refusedTaking("refuse", "reads further names and options from a file", "-T --files-from"),
    ...refusedTaking("refuse", "goes to another folder", "-C --directory"),
    ...refusedTaking(
      "refuse",
      "reads another archive or its map",
      "--add-file, --owner-map, --group-map, --exclude-ignore, --exclude-ignore-recursive, --exclude-tag, --exclude-tag-all, --exclude-tag-under",
    ),
    ...refused(
      "refuse",
      "means something else in other programs of this name, belongs to several volumes, or asks",
      "-s --preserve-order --same-order, -H, -M --multi-volume, -w --interactive --confirmation, -G --incremental, -L --tape-length, --remove-files, --verify -W",
    ),
  ],
  look: unpacked,
};

/** gzip and the like: without -c, -l or -t they put a new file in the place of the old one. */
const shows =
  (showing: string) =>
  (line: Line, report: Report): void => {
    if (line.operands.length === 0 || has(line, showing)) return;
    for (const { value, span } of line.operands) report.effect({ kind: "writes", path: report.path(value), span });
    report.finding("mutation", "effect", `${line.program} puts a new file in the place of the old one`, line.span);
  };

/** A name without an ending that gzip knows is tried with each of them when there is no such file. */
export function gunzipped(files: readonly Argument[], report: Report): void {
  for (const operand of files) {
    report.word(operand, "read");
    const text = textOfValue(operand.value);
    if (text === null || text === "-" || /(?:\.t?gz|[._-]z|-gz|\.Z|\.t[az]z)$/.test(text)) continue;
    for (const ending of [".gz", ".z", "-gz", "-z", "_z", ".Z"]) report.word({ value: literal(`${text}${ending}`), span: operand.span }, "read");
  }
}

const gzipFlags =
  "-# -a --ascii -c --stdout --to-stdout -d --decompress --uncompress -f --force -h --help -k --keep -l --list -L --license -n --no-name -N --name -q --quiet --rsyncable --synchronous -t --test -v --verbose -V --version --fast --best";
const bzipFlags =
  "-# -d --decompress -z --compress -k --keep -f --force -t --test -c --stdout -q --quiet -v --verbose -L --license -V --version -s --small --fast --best -h --help";
const xzFlags =
  "-# -z --compress -d --decompress --uncompress -t --test -l --list -k --keep -f --force -c --stdout --to-stdout -e --extreme -q --quiet -v --verbose -Q --no-warn --robot -h --help -H --long-help -V --version --single-stream --no-sparse --ignore-check --info-memory --fast --best --no-adjust";
const gzipOptions = [
  ...taking("text", "-b"),
  ...refusedTaking("refuse", "reads files of other names than are given", "-S --suffix"),
  ...refused("refuse", "goes through all folders below", "-r --recursive"),
];
const xzOptions = [
  ...taking(
    "text",
    "-T --threads, -S --suffix, -F --format, -C --check, -M --memlimit --memory, --memlimit-decompress, --memlimit-compress, --block-size, --block-list, --flush-timeout",
  ),
  ...refusedAttached("refuse", "reads further names from a file", "--files, --files0"),
];
const asking = "-h --help -H --long-help -V --version -L --license --info-memory";

const compressed: readonly Program[] = [
  {
    names: "gzip gunzip pigz unpigz",
    flags: gzipFlags,
    options: gzipOptions,
    look: (line, report) => {
      gunzipped(line.operands, report);
      shows(`-c --stdout --to-stdout -l --list -t --test ${asking}`)(line, report);
    },
  },
  { names: "zcat gzcat", flags: gzipFlags, options: gzipOptions, look: (line, report) => gunzipped(line.operands, report) },
  { names: "bzip2 bunzip2 pbzip2", flags: bzipFlags, operands: ["read"], look: shows(`-c --stdout -t --test ${asking}`) },
  { names: "bzcat", flags: bzipFlags, operands: ["read"] },
  {
    names: "xz unxz lzma unlzma",
    flags: xzFlags,
    options: xzOptions,
    operands: ["read"],
    look: shows(`-c --stdout --to-stdout -l --list -t --test ${asking}`),
  },
  { names: "xzcat lzcat", flags: xzFlags, options: xzOptions, operands: ["read"] },
  {
    names: "zstd unzstd zstdcat",
    flags:
      "-# -d --decompress -f --force -h -H --help -V --version -c --stdout -v --verbose -q --quiet --progress --no-progress --check --no-check --ultra --single-thread -l --list -t --test -k --keep --sparse --no-sparse --pass-through --no-pass-through --rsyncable",
    options: [
      ...taking("read", "-D"),
      ...attached("text", "--fast, --long, --memory, --format, --threads, -T, -M, -B"),
      ...refusedTaking("write", "writes to a file", "-o, --trace, --output-dir-flat, --output-dir-mirror"),
      ...refused("write", "removes the old file, or measures and trains", "--rm, --train, -b, -e, -i, -S"),
      ...refusedAttached("refuse", "goes through all folders below, or reads further names", "--filelist, -r, --patch-from"),
    ],
    operands: ["read"],
    look: (line, report) => {
      if (line.program !== "zstdcat") shows("-c --stdout -l --list -t --test -h -H --help -V --version")(line, report);
    },
  },
];

/** unzip adds ".zip" to a name that isn't there, and takes patterns of its own. */
function zipped(line: Line, report: Report): void {
  const [archive] = line.operands;
  if (archive === undefined) return;
  const text = textOfValue(archive.value);
  if (text !== null && /[*?[]/.test(text)) report.finding("refused-option", "option", `${line.program} takes a pattern as several archives`, archive.span);
  report.word(archive, "read");
  if (text !== null) for (const ending of [".zip", ".ZIP"]) report.word({ value: literal(`${text}${ending}`), span: archive.span }, "read");
}

const packs: readonly Program[] = [
  {
    names: "unzip",
    flags: "-l -v -t -p -c -z -Z -1 -2 -s -m -q -a -b -j -C -L -U -V -n -o -f -u -T -x -X -K -W -h -D -B -i",
    options: [...taking("text", "-P, -O, -I"), ...refusedTaking("write", "writes the files in the archive", "-d"), ...refused("run", "runs a pager", "-M")],
    look: (line, report) => {
      if (line.operands.length > 0 && (!has(line, "-l -v -t -p -c -z -Z") || has(line, "-f -u -T")))
        changes(report, line, "unzip writes the files in the archive");
      zipped(line, report);
    },
  },
  {
    names: "zipinfo",
    flags: "-1 -2 -s -m -l -v -h -t -T -z -C -U -x",
    options: [...taking("text", "-P, -O, -I"), ...refused("run", "runs a pager", "-M")],
    look: zipped,
  },
  {
    names: "7z 7za 7zr 7zz",
    does: does("mutation", "it writes an archive or the files in it"),
    harmless: ["", "i", "--help", "-h"],
    commands: [
      {
        names: "l t",
        style: "words",
        flags: "-slt -ba -r -r- -r0 -bd -bb0 -bb1 -bso0 -bse0 -bsp0 -scsUTF-8 -y -spd",
        look: (line, report) => {
          line.operands.forEach((operand, index) => {
            if (prefixOf(operand.value).startsWith("@") || prefixOf(operand.value) === "")
              report.finding("list-option", "option", "7z reads further names from the file behind the @", operand.span);
            if (index === 0) report.word(operand, "read");
          });
        },
      },
    ],
  },
  {
    names: "cpio",
    flags:
      "-t --list -i --extract -v --verbose -n --numeric-uid-gid --quiet -B -c -V --dot -f --nonmatching --force-local --to-stdout --only-verify-crc -? --help --usage --version -b --swap -s --swap-bytes -S --swap-halfwords -0 --null",
    options: [
      ...taking("text", "--block-size, -C --io-size, -H --format, -W --warning, -M --message"),
      ...taking("read", "-E --pattern-file"),
      ...refusedTaking("run", "runs a program, or fetches from another machine", "--rsh-command, -F --file, -I"),
      ...refusedTaking("write", "writes to a file", "-O, -D --directory, -R --owner"),
      ...refused(
        "write",
        "writes an archive or the files in it",
        "-o --create, -p --pass-through, -A --append, -d --make-directories, -m --preserve-modification-time, -u --unconditional, -l --link, -r --rename, -a --reset-access-time, -L --dereference",
      ),
    ],
    look: (line, report) => {
      if (!has(line, "-t --list --to-stdout -? --help --usage --version")) changes(report, line, "cpio writes an archive or the files in it");
    },
  },
];

export const archives: readonly Program[] = [tar, ...compressed, ...packs];
