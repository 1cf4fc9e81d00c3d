// Loops in the texts that programs run: known to end, or asked about.
import { describe, expect, it } from "vitest";
import { isProved, judgeLine } from "../judge-line.ts";

const endless = [
  "awk 'BEGIN { for (;;) ; }'",
  "awk 'BEGIN { while (1) n++ }'",
  "awk 'BEGIN { do x++; while (1) }'",
  "awk 'BEGIN { for (i=1;i<=3;i--) print i }'",
  "awk 'BEGIN { for (i=1;i<=3;i++) for(i=1;i<=1;i++); }'",
  "awk 'BEGIN { for (i=1;i<=3;i++) i=1 }'",
  "awk 'function f(n) { f(n) } { f(1) }'",
  "awk '{ for (i=1;i<=NF;i++) NF++ }'",
  "awk '{ for (i=1;i<=NF;i++) $(NF+1)=1 }'",
  "awk '{ for (i=1;i<=$1;i++) print }'",
  "awk '{ while (getline line < \"README.md\") print line }'",
  'awk \'{ while ((getline line < "README.md") > 0) close("README.md") }\'',
  "awk 'BEGIN{i=1; while(i<5) { if (x) i++ }}'",
  "awk 'BEGIN{ for (i=1;i<1e300;i++); }'",
  "sed ':a;ba' LICENSE",
  "sed ':a;/x/N;ba' LICENSE",
  "sed ':a;s/x/x/;ta' LICENSE",
  "sed ':a;s/x*//;ta' LICENSE",
  "sed ':a;s/^/ /;ta' LICENSE",
  "sed 'G;D' LICENSE",
  "sed -e ':a' -e '$!N;ba' LICENSE",
  "sed ':a;bz;N;:c;ba;:z;bc' LICENSE",
  "sed ':a;s/x/y/;Ta' LICENSE",
  "jq -n 'repeat(1)'",
  "jq -n 'def f: f; f'",
  "jq -n 'range(infinite)'",
  "jq -n 'recurse(.+1)'",
  "jq -n 'recurse(.a)'",
  "jq -n '[limit(3;repeat(1)|select(false))]'",
  "jq -n 'range(0;1;0)'",
  "jq -n 'until(false;.)'",
  "jq -n 'def f: def g: f; g; f'",
  "sed ':a;!N;ba' x",
];
const ending = [
  "awk '{ for (i=1;i<=NF;i++) print $i }' README.md",
  'awk \'{ for (i=NF;i>0;i--) printf "%s ", $i; print "" }\' README.md',
  "awk '{ a[n++]=$0 } END { for (i=n-1;i>=0;i--) print a[i] }' README.md",
  "awk '{ n++; a[n]=$0 } END { for (i=n;i>=1;i--) print a[i] }' README.md",
  "awk '{ c[$1]++ } END { for (k in c) print k, c[k] }' README.md",
  "awk '{ n=split($0, p, \",\"); for (i=1;i<=n;i++) s+=p[i] } END { print s }' README.md",
  "awk 'BEGIN { while ((getline line < \"README.md\") > 0) n++; print n }'",
  "awk 'BEGIN { for (i = 0; i < 10; i++) { if (i % 2) print i; else continue } }'",
  "awk 'BEGIN { i = 0; while (i < 10) { print i; i++ } }'",
  "awk '{ i = 1; while (i <= NF) { print $i; i++ } }' README.md",
  "awk '{ for (i=1; i<=length($0); i++) n++ } END { print n }' README.md",
  "awk 'function max(a, b) { return a > b ? a : b } { m = max(m, length($0)) } END { print m }' README.md",
  "awk 'NR==FNR { a[$1]; next } $1 in a' README.md LICENSE",
  "sed ':a;N;$!ba;s/\\n/ /g' README.md",
  "sed -e ':a' -e 'N' -e '$!ba' -e 's/\\n/,/g' README.md",
  "sed ':a;s/\\B[0-9]\\{3\\}\\>/,&/;ta' README.md",
  "sed -E ':a;s/^([0-9]+)([0-9]{3})/\\1,\\2/;ta' README.md",
  "sed ':a;/\\\\$/{N;s/\\\\\\n//;ba}' README.md",
  "sed '$!N;P;D' README.md",
  "sed ':a;s/^\\(\\s*\\)x/\\1y/;ta' README.md",
  "sed -n '1!G;h;$p' README.md",
  "sed '/foo/b;s/a/b/' README.md",
  "jq '[.[] | select(.a)] | length' a.json",
  "jq 'def f(x): x + 1; f(.a)' a.json",
  "jq '.. | numbers' a.json",
  "jq '[recurse | strings]' a.json",
  "jq '[recurse(.children[]?) | .name]' a.json",
  "jq -n '[limit(3; repeat(1))]'",
  "jq -n '[range(0; 10)]'",
  "jq -n 'first(range(infinite))'",
  "jq '[range(0; length)] | map(. + 1)' a.json",
  "jq '{while: 1, until: .a}' a.json",
  "jq 'reduce .[] as $x (0; . + $x)' a.json",
  "awk '{ for (i=1;i<=length($2);i++) print }'",
];

describe("loops in program texts", () => {
  it.each(endless)("asks about %j", (text) => {
    expect(judgeLine(text).findings.map(({ check }) => check)).toContain("program-text");
  });
  it.each(ending)("lets pass %j", (text) => {
    const judged = judgeLine(text);
    expect(judged.findings).toEqual([]);
    expect(isProved(judged)).toBe(true);
  });
});
