// Programs that read: harmless lines are proved, and what makes them run, write or send is refused however it is written.
import { describe, expect, test } from "vitest";
import { archives } from "../../../src/shell/programs/archives.ts";
import { awk } from "../../../src/shell/programs/awk.ts";
import { coreutils } from "../../../src/shell/programs/coreutils.ts";
import { find } from "../../../src/shell/programs/find.ts";
import { jq } from "../../../src/shell/programs/jq.ts";
import type { OptionRow, Program } from "../../../src/shell/programs/program.ts";
import { search } from "../../../src/shell/programs/search.ts";
import { sed } from "../../../src/shell/programs/sed.ts";
import { text } from "../../../src/shell/programs/text.ts";
import { textBinaries } from "../../../src/shell/programs/text-binaries.ts";
import { textCompare } from "../../../src/shell/programs/text-compare.ts";
import { textPagers } from "../../../src/shell/programs/text-pagers.ts";
import { isProved, judgeLine } from "../judge-line.ts";
import { optionRows } from "./real-programs.ts";

const families: readonly Program[] = [
  ...coreutils,
  ...text,
  ...textBinaries,
  ...textCompare,
  ...textPagers,
  ...search,
  ...find,
  ...sed,
  ...awk,
  ...jq,
  ...archives,
];
const lines = (block: string): readonly string[] => block.trim().split("\n");
const checksOf = (line: string): readonly string[] => judgeLine(line).findings.map(({ check }) => check);

const harmless = lines(String.raw`
ls -la --color=auto src
ls -lt --time-style=long-iso docs
ls -1 *.ts
ls -R src
du -sh src docs
du -ah --max-depth=1 .
df -h .
tree -L 2 -I node_modules
tree -aI 'node_modules|dist' --dirsfirst src
stat -c '%s %n' README.md
file -b --mime-type logo.png
basename /a/b.ts .ts
dirname src/a.ts
realpath --relative-to=. src/a.ts
readlink -f src
cat -n -- README.md
cat README.md $names
tac README.md
head -20 README.md
head -n -5 README.md
head -c 100 ./a
tail -n +2 x.csv
tail -20 x.log
tail -c 64 x.log
wc -lwc README.md
nl -ba README.md
od -An -tx1 -N16 a.bin
hexdump -C -n 64 a.bin
xxd -l 64 -g1 a.bin
xxd -ps a.bin
xxd -c16 a.bin
md5sum README.md docs/*.md
sha256sum package.json
cksum README.md
seq 1 10
seq -w 1 2 9
seq -s, 5
shuf -n 3 words.txt
shuf -e a b c
numfmt --to=iec 1048576
factor 12
date +%Y-%m-%d
date -u -d '2 days ago' +%s
date -Iseconds
cal 2026
sleep 0.5
tee /dev/null
sort -t, -k2,2n -u users.csv
sort -nr
sort -ru words.txt
uniq -c
uniq -c words.txt
comm -12 a b
join -t, -1 1 -2 2 a b
cut -d, -f2 users.csv
cut -c1-20
paste -sd, words.txt
paste -d: a b
tr -d '\r'
tr a-z A-Z
fold -sw 80 README.md
fold -80
fmt -w 72 README.md
expand -t4 a
pr -3 -t a
column -t -s, users.csv
rev words.txt
base64 -d a.b64
base64 -w0 a
iconv -f utf-8 -t ascii//TRANSLIT README.md
bc -l
dc -e '2 3 + p'
diff -u a b
diff -rq src lib
diff --color=never -U3 a b
diff -y --suppress-common-lines a b
cmp a b
cmp -n 10 -s a b
diff3 -m a b c
strings -n 8 a.bin
nm -D --defined-only a.so
readelf -hS a.out
objdump -d --no-show-raw-insn a.o
size a.o
ar t liba.a
less README.md
less -SR README.md
more README.md
man ls
man 5 passwd
man -k printf
whatis ls
bat -p --paging=never README.md
grep -rn TODO src
grep -rnE --include=*.ts 'a|b' src
grep -rl foo --include='*.py' .
grep -m1 -n version package.json
grep -nE '(\{|\})' package.json
grep -c o
grep -A3 -B 2 x README.md
grep -5 x README.md
grep -e a -e b README.md
grep -v '^#' *.md
grep -f words.txt README.md
egrep 'a|b' README.md
zgrep x a.gz
rg -n 'export (const|function)' src -g '*.ts'
rg -il readme docs README.md
rg -v '^$' README.md --no-line-number
rg --files
rg -z ERROR a.log.gz
rg -tjs -A2 foo
rg 'sudo|eval' src scripts
fd -e ts . src
fd -H -t f config
ag -l foo src
ack -w foo src
find . -name '*.ts' -not -path './node_modules/*'
find . -type d -name node_modules -prune -o -name '*.json' -print
find src -type f -mtime -3 -size +10k -printf '%p %s\n'
find . -maxdepth 2 -iname '*.md' -newer package.json
find . \( -name a -o -name b \) -print0
find src -name '*.ts' -exec grep -l TODO {} +
find src -name '*.ts' -exec wc -l {} \;
find . -empty
sed -n '1,5p' README.md
sed -ne '2,3p' README.md
sed 's/[^/]*$//' README.md
sed -E 's/(a+)b/\1/g;s,x,y,' README.md
sed -e '/^#/d' -e '/^$/d' README.md
sed '$!N;P;D' README.md
sed 5q README.md
sed -n '/start/,/end/{//!p}' README.md
sed 'y/abc/xyz/' README.md
sed '1i\  first' README.md
sed -n '$='
awk '{print $1, $3}' app.log
awk -F: 'NR>1 {s += $2} END {print s/NR}' x
awk -F'\t' -v n=3 '$n > 5 {c[$1]++} END {for (k in c) print k, c[k]}' x
awk '/error/ && !/debug/ {print FILENAME ":" FNR ": " $0}' a.log b.log
awk '!seen[$0]++' words.txt
awk '{ if ($1 > 3) print $2; else print "no" }' x
awk '{gsub(/[^a-z\/]+/, ""); printf "%s\n", $0}' x
awk 'BEGIN { printf "%.2f\n", 10 / 3 }'
jq -r '.name + " " + .version' package.json
jq '[.[].ms] | add / length' events.json
jq -n '{a: 1, b: [2, 3]}'
jq --arg k name '.[$k]' package.json
jq -c '.scripts | keys' package.json
jq -e '.dependencies.x // empty' package.json
jq 'to_entries[] | select(.value > 2) | "\(.key)=\(.value)"' a.json
yq '.a.b' f.yml
yq -o=json . f.yml
gron a.json
xmllint --noout a.xml
xmllint --xpath '//a/@b' a.xml
mlr --icsv --opprint head -n 2 a.csv
csvcut -c 1,2 a.csv
tar tf a.tar
tar tzvf a.tgz
tar -tvf a.tar src
tar -xOf a.tar a.txt
gzip -dc a.gz
gzip -l a.gz
zcat a.gz
bzcat a.bz2
xz -l a.xz
xzcat a.xz
zstd -dc a.zst
unzip -l a.zip
unzip -p a.zip b.txt
zipinfo -1 a.zip
7z l a.7z
cpio -t
`);

describe("harmless lines", () => {
  test.each(harmless)("%s", (line) => {
    expect(judgeLine(line).findings).toEqual([]);
    expect(isProved(judgeLine(line))).toBe(true);
  });
});

/** A line, and the check that answers for it. */
const hostile: readonly (readonly [string, string])[] = lines(String.raw`
sort -o C a | write-option
sort a -o C | write-option
sort -oC a | write-option
sort -nro C a | bundled-option
sort --output=C a | write-option
sort --output C a | write-option
sort --outp=C a | abbreviated-option
sort --compress-program=sh a | exec-option
sort --comp=sh a | abbreviated-option
sort --files0-from=l | refused-option
sort -T d a | write-option
uniq a C | write-option
uniq -c -- a C | write-option
uniq a* | write-option
xxd a C | write-option
xxd -r a C | write-option
xxd -c16 a C | write-option
xxd - -b | write-option
xxd a -p | write-option
shuf -o C a | write-option
shuf -er a | hang
tree -o C | write-option
tree -aIo x C | write-option
tree -R -H . -L 1 | write-option
file -C -m m | write-option
file -z a.gz | exec-option
file -f l | refused-option
date -s '2020-01-01' | write-option
date 010203042020 | mutation
date -f ../x | refused-option
tail -f a | hang
tail -F a | hang
tail -5f a | bundled-option
tail --follow=name a | hang
tail --fol a | abbreviated-option
yes | hang
sleep infinity | hang
sleep 1d | hang
sleep "$n" | hang
seq 1 99999999999 | hang
seq 1 inf | unknown-option
md5sum -c l | refused-option
wc --files0-from=l | refused-option
du --files0-from=l | refused-option
tee C | mutation
split a | mutation
split --filter='touch C' a | mutation
csplit a 2 | mutation
iconv -o C a | write-option
iconv -fx -oC a | write-option
iconv --outp=C a | abbreviated-option
base64 -o C a | write-option
dos2unix a | mutation
dc -e '!touch C' | program-text
dc -f a | exec-option
dc | program-text
diff -l a b | exec-option
diff --pag a b | abbreviated-option
diff3 --diff-program=x a b c | exec-option
sdiff -o C a b | write-option
patch -s -o C a p | mutation
nm --plugin x.so a | exec-option
nm @l | list-option
objdump -S a | refused-option
ar x a.a | mutation
ar p a.a | mutation
less +F a | exec-option
less -o C a | write-option
less -kx a | exec-option
man -H./x ls | exec-option
man --html=./x ls | exec-option
man --ht=./x ls | abbreviated-option
man -P ./x ls | exec-option
man ./x | refused-option
man -l x | refused-option
bat --pager=./x a | exec-option
bat cache --build | unknown-option
rg --pre ./x a | exec-option
rg --pre=./x a | exec-option
rg --hostname-bin=./x a | exec-option
rg -e * foo | glob-option
ag --pager=./x a | exec-option
ack --pager=./x a | exec-option
ack --output='x' a | exec-option
ack '(?{system("x")})' a | program-text
fd -x rm | exec-option
fd a -X rm | exec-option
fd --exec=rm | exec-option
fd --exec-b rm | abbreviated-option
find . -delete | mutation
find . -name x -delete | mutation
find / -delete | catastrophic
find . -fprint C | write-option
find . -fprintf C '%p' | write-option
find . -fls C | write-option
find . -fprint0 C | write-option
find . -exec rm {} + | mutation
find . -exec {} \; | variable-command
find . -execdir cat {} \; | exec-option
find . -ok cat {} \; | exec-option
find . -exec cat {} | exec-option
find . -name *.ts | glob-option
find $x -name x | variable-command
find "$x" -name x | unknown-path
find . $x | variable-command
find . -files0-from l | list-option
find . -exec sort -o C {} \; | write-option
find . -unknown | unknown-option
sed -i s/a/b/ a | write-option
sed -i.bak s/a/b/ a | write-option
sed -nibak p a | bundled-option
sed -Ei s/a/b/ a | bundled-option
sed s/a/b/ a -i | write-option
sed --in-place=.b p a | write-option
sed --in-p p a | abbreviated-option
sed -I .b p a | write-option
sed 's#a#b#w C' a | program-text
sed -n '/x/w C' a | program-text
sed '1e touch C' a | program-text
sed 's/.*/touch C/e' a | program-text
sed -f x a | exec-option
sed "$x" a | program-text
sed -e p -e 'w C' a | program-text
awk '{print > "C"}' a | program-text
awk '{print | "sh"}' a | program-text
awk 'BEGIN{system("touch C")}' | program-text
awk -f x a | exec-option
awk -i inplace '{print}' a | exec-option
gawk -l readdir '{print}' a | exec-option
gawk --load=x '{print}' a | exec-option
gawk -o '{print}' a | write-option
gawk -e 'BEGIN{system("x")}' a | program-text
awk "$x" a | program-text
jq -f x a | refused-option
jq -rf x a | bundled-option
jq -L d . a | refused-option
jq 'import "a" as a; .' a | program-text
jq -n env | environment
jq -n '$ENV|keys' | environment
jq -n '"\(env.API_TOKEN)"' | environment
yq -i '.a=1' f.yml | write-option
yq -s .a f.yml | write-option
yq 'load("x")' f.yml | program-text
yq -p -i .a f.yml | refused-option
gron https://x.example | network
xmllint --output C a.xml | write-option
xmllint --noent a.xml | refused-option
xmllint --schema http://x a.xml | network
mlr --icsv put 'tee > "C", $*' a.csv | program-text
mlr --prepipe sh cat a.csv | exec-option
mlr -I cat a.csv | write-option
tar xf a.tar | mutation
tar cf C a | mutation
tar tf a.tar -I sh | exec-option
tar tIf sh a.tar | exec-option
tar -tf a --to-command=sh | exec-option
tar -tf a --to-com=sh | abbreviated-option
tar -tf a --checkpoint-action=exec=sh | exec-option
tar -tf a -F sh | exec-option
tar -tvFsh -f a | bundled-option
tar -tf h:a | network
tar -tf a --index-file=C | write-option
tar -tT l | bundled-option
gzip a | mutation
gunzip a.gz | mutation
bzip2 -k a | mutation
xz -d a.xz | mutation
xz --files=l -l | refused-option
zstd -d a.zst -o C | write-option
unzip a.zip | mutation
unzip -l a.zip -d d | write-option
unzip -lM a.zip | bundled-option
unzip -l 'a*.zip' | refused-option
7z x a.7z | mutation
7z l @l | list-option
cpio -i | mutation
cpio -t -F h:a | exec-option
`).map((line) => {
  const at = line.lastIndexOf(" | ");
  return [line.slice(0, at), line.slice(at + 3)] as const;
});

describe("what makes a reading program do more", () => {
  test.each(hostile)("%s: %s", (line, check) => {
    expect(checksOf(line)).toContain(check);
    expect(isProved(judgeLine(line))).toBe(false);
  });
});

const hurting = (row: OptionRow): boolean => row.does !== undefined || /^(?:write|run|network|list|refuse)$/.test(row.value ?? "");
const named = families.filter(
  ({ style, does, commands }) => (style === undefined || style === "gnu" || style === "posix") && does === undefined && commands === undefined,
);

describe("every option that a table refuses, in each way of writing it", () => {
  test.each(named.map((program) => [program.names.split(" ")[0] as string, program] as const))("%s", (name, program) => {
    const rows = optionRows(program);
    const known = new Set(rows.flatMap(({ names }) => names.split(" ")));
    const plain = rows.find((row) => row.value === undefined && row.does === undefined && /^-[a-zA-Z]$/.test(row.names))?.names;
    const let_through: string[] = [];
    const refuse = (line: string): void => {
      if (judgeLine(line).findings.every(({ kind }) => kind !== "option" && kind !== "effect")) let_through.push(line);
    };
    for (const row of rows.filter(hurting))
      for (const option of row.names.split(" ")) {
        if (option === "-?" || option === "-#") continue;
        refuse(`${name} ${option} V operand`);
        if (program.style !== "posix") refuse(`${name} operand ${option} V`);
        if (option.startsWith("--")) {
          if (row.value !== undefined) refuse(`${name} ${option}=V operand`);
          for (let end = 4; end < option.length; end++) if (!known.has(option.slice(0, end))) refuse(`${name} ${option.slice(0, end)} V operand`);
        } else {
          if (row.value !== undefined) refuse(`${name} ${option}V operand`);
          if (plain !== undefined && program.rewrite === undefined) {
            refuse(`${name} ${plain}${option.slice(1)} V operand`);
            refuse(`${name} ${plain}${option.slice(1)}V operand`);
          }
        }
      }
    expect(let_through).toEqual([]);
  });
});

describe("after -- there are operands alone", () => {
  test.each(["sort -- -o C", "sed -- p -i", "cat -- -n", "rg -- --pre x", "iconv -- -o C", "tail -- -f"])("%s", (line) => {
    expect(judgeLine(line).findings).toEqual([]);
  });
});
