// Texts that only one parser is asked about: the second would agree.
import fc from "fast-check";
import { parse } from "unbash";
import { describe, expect, it, test } from "vitest";
import { hasOneReading } from "../../src/shell/one-reading.ts";
import { disagreement } from "../../src/shell/second-parser.ts";

describe("texts with one reading", () => {
  test.each([
    "ls -la src",
    "git log --oneline -5 | head -3",
    `rg -n 'a b|c' src -g "*.ts" 2>/dev/null | wc -l`,
    "cd src && ls; cat a.txt 2>&1 || true",
    "git diff HEAD~1".replace("~", "@"),
  ])("%s", (text) => expect(hasOneReading(text)).toBe(true));

  test.each([
    ...[
      "a$b",
      "a`b`",
      'echo "$x"',
      'echo "a\\b"',
      "echo a\\ b",
      "ls *",
      "ls a?",
      "ls [a]",
      "{a,b}",
      "ls ~",
      "a\nb",
      "a # b",
      "a & b",
      "(a)",
      "a > b",
      "a < b",
      "a >> b",
    ],
    ...[
      "x=1 ls",
      "FOO+=a ls",
      "if a; then b; fi",
      "time ls",
      "! ls",
      "ls |",
      "",
      " ",
      "ls 'a",
      "l's'",
      "'a''b'",
      "a2>/dev/null",
      "a 2> /dev/null",
      "ls \u00e9",
      "a |& b",
      "echo $'a'",
    ],
  ])("not %j", (text) => expect(hasOneReading(text)).toBe(false));

  it("are read alike by both parsers", () => {
    const word = fc.constantFrom(
      "ls",
      "-la",
      "a.b/c",
      "--x=y",
      "'a b'",
      "'$x `y` \\'",
      '"a | b"',
      '"it\'s"',
      "2>&1",
      ">/dev/null",
      "@",
      "%",
      "a:b",
      "+",
      "in",
      "a=b",
      "''",
      '""',
      "{",
      "\\",
    );
    const separator = fc.constantFrom(" ", "  ", " | ", "|", "&&", " || ", ";", " ; ", "&", "\n", "");
    let known = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(separator, word), { minLength: 1, maxLength: 8 }), (parts) => {
        const text = parts.map(([before, each], index) => (index === 0 ? each : before + each)).join("");
        if (!hasOneReading(text)) return;
        known += 1;
        const script = parse(text);
        expect(script.errors ?? []).toEqual([]);
        expect(disagreement([{ text, script }])).toBeNull();
      }),
      { numRuns: 3000 },
    );
    expect(known).toBeGreaterThan(300);
  });
});
