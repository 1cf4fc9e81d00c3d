// Programs that show what is in compiled files: GNU binutils 2.40.
import { literal, prefixOf } from "../value.ts";
import { does } from "./deeds.ts";
import { attached, has, refused, refusedAttached, refusedTaking, taking } from "./option-rows.ts";
import type { Line, Program, Report } from "./program.ts";

/** An operand "@x" stands for the options and names in the file x (binutils, "Common Options"). */
function listed(line: Line, report: Report, what = "options"): void {
  for (const word of line.words)
    if (prefixOf(word.value).startsWith("@")) report.finding("list-option", "option", `it takes ${what} from the file behind the @`, word.span);
}

function opened(line: Line, report: Report): void {
  listed(line, report, "options and names");
  for (const operand of line.operands) report.word(operand, "read");
  if (line.operands.length === 0 && !has(line, asking))
    report.effect({ kind: "reads", path: report.path(literal("a.out")), what: "content", deep: false, span: line.span });
}

const asking = "-h -H --help -v -V --version";
const elsewhere = "reads files that the file names, wherever they are";

export const textBinaries: readonly Program[] = [
  {
    names: "strings",
    flags: "-# -a - --all -d --data -f --print-file-name -w --include-all-whitespace -o -h --help -v -V --version",
    options: taking("text", "-n --bytes, -t --radix, -T --target, -e --encoding, --unicode, -U, -s --output-separator"),
    look: (line, report) => (line.operands.length === 0 ? undefined : opened(line, report)),
  },
  {
    names: "nm",
    flags:
      "-a --debug-syms -A --print-file-name -B -C --no-demangle --recurse-limit --no-recurse-limit -D --dynamic -e -g --extern-only -j --just-symbols -n --numeric-sort -o -p --no-sort -P --portability -r --reverse-sort -S --print-size -s --print-armap --quiet --size-sort --special-syms --synthetic -u --undefined-only --defined-only -W --no-weak --with-symbol-versions -h --help -V --version",
    options: [
      ...taking("text", "-f --format, --ifunc-chars, -t --radix, --target, --unicode, -X"),
      ...attached("text", "--demangle"),
      ...refusedTaking("run", "loads a library and runs it", "--plugin"),
      ...refused("refuse", elsewhere, "-l --line-numbers"),
      ...refused("refuse", "takes a value in some versions only", "-U"),
    ],
    look: opened,
  },
  {
    names: "size",
    flags: "-A -B -G -o -d -x -t --totals -f --common -h -H -? --help -v -V --version",
    options: taking("text", "--format, --radix, --target"),
    look: opened,
  },
  {
    names: "readelf",
    flags:
      "-a --all -h --file-header -l --program-headers --segments -S --section-headers --sections -g --section-groups -t --section-details -e --headers -s --syms --symbols --dyn-syms --lto-syms -C --no-demangle --recurse-limit --no-recurse-limit -n --notes -r --relocs -u --unwind -d --dynamic -V --version-info -A --arch-specific -c --archive-index -D --use-dynamic -L --lint --enable-checks -z --decompress -I --histogram -W --wide -T --silent-truncation -H --help -v --version",
    options: [
      ...taking("text", "-x --hex-dump, -p --string-dump, -R --relocated-dump, --unicode, -U"),
      ...attached("text", "--demangle, --sym-base"),
      ...refusedAttached(
        "refuse",
        elsewhere,
        "-w --debug-dump, -P --process-links, --ctf, --ctf-parent, --ctf-symbols, --ctf-strings, --sframe, --dwarf-depth, --dwarf-start",
      ),
    ],
    look: opened,
  },
  {
    names: "objdump",
    flags:
      "-a --archive-headers -f --file-headers -p --private-headers -h --section-headers --headers -x --all-headers -d -D --disassemble-all -s --full-contents -g --debugging -e --debugging-tags -G --stabs -t --syms -T --dynamic-syms -r --reloc -R --dynamic-reloc -v --version -i --info -H --help -F --file-offsets -C --recurse-limit --no-recurse-limit -w --wide -z --disassemble-zeroes --no-addresses --prefix-addresses --show-raw-insn --no-show-raw-insn --show-all-symbols --special-syms",
    options: [
      ...taking(
        "text",
        "-P --private, -b --target, -m --architecture, -j --section, -M --disassembler-options, --start-address, --stop-address, --insn-width, --adjust-vma, --unicode, -U, --disassembler-color, -E --endian",
      ),
      ...attached("text", "--disassemble, --demangle, --visualize-jumps"),
      ...refused("refuse", elsewhere, "-S --source, -l --line-numbers, --file-start-context, -L --process-links, --inlines, --dwarf-check"),
      ...refusedAttached(
        "refuse",
        elsewhere,
        "-W --dwarf, --source-comment, -I --include, --prefix, --prefix-strip, --ctf, --ctf-parent, --sframe, --dwarf-depth, --dwarf-start",
      ),
    ],
    look: opened,
  },
  {
    names: "c++filt",
    flags:
      "-_ --strip-underscore -n --no-strip-underscore -p --no-params -t --types -i --no-verbose -r --no-recurse-limit -R --recurse-limit -h --help -v --version",
    options: taking("text", "-s --format"),
    look: listed,
  },
  {
    names: "addr2line",
    flags: "-a --addresses -i --inlines -p --pretty-print -s --basenames -f --functions -R --recurse-limit -r --no-recurse-limit -h --help -v --version -C",
    options: [...taking("text", "-b --target, -j --section"), ...attached("text", "--demangle"), ...taking("read", "-e --exe")],
    look: listed,
  },
  {
    names: "ar",
    does: does("mutation", "ar changes archives and writes the files in them"),
    harmless: ["--version", "--help", "-V"],
    commands: ["t", "tv"].flatMap((form) => [form, `-${form}`]).map((names) => ({ names, operands: ["read", "text"] as const })),
  },
];
