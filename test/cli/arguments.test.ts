// The command line as data: what is taken, what is refused, and what was probably meant.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readArguments, splitRules } from "../../src/cli/arguments.ts";
import { commandNames } from "../../src/cli/command-table.ts";
import { optionTable } from "../../src/cli/option-table.ts";

const refused = (...given: string[]): string => {
  const read = readArguments(given);
  if (read.ok) throw new Error(`taken: ${JSON.stringify(read.value)}`);
  expect(read.error.code).toBe("usage");
  return read.error.message;
};
const taken = (...given: string[]) => {
  const read = readArguments(given);
  if (!read.ok) throw read.error;
  return read.value;
};

describe("what is taken", () => {
  test("the prompt before and after the options, in pieces, and after --", () => {
    for (const given of [
      ["-p", "do it"],
      ["do it", "-p"],
      ["--print", "do", "it"],
      ["-p", "--", "do it"],
      ["-p", "--verbose", "do it"],
    ]) {
      expect(taken(...given)).toMatchObject({ command: "", options: { print: true } });
      expect(taken(...given).words.join(" ")).toBe("do it");
    }
    expect(taken("-p", "--", "--not-an-option").words).toEqual(["--not-an-option"]);
  });
  test("a prompt that is the name of a command is a prompt", () => {
    expect(taken("-p", "sessions")).toMatchObject({ command: "", words: ["sessions"] });
  });
  test("values in both forms, numbers as numbers, flags in groups", () => {
    expect(taken("-pc", "--max-turns", "3", "--max-budget-usd=0.25", "-m", "openai/x").options).toEqual({
      print: true,
      continue: true,
      "max-turns": 3,
      "max-budget-usd": 0.25,
      model: "openai/x",
    });
    expect(taken("-p", "x", "--append-system-prompt=-dash").options["append-system-prompt"]).toBe("-dash");
  });
  test("lists of rules, repeated and separated by commas or blanks outside parentheses", () => {
    expect(taken("-p", "x", "--allowed-tools", "read,bash(git log *)", "--allowed-tools", "edit(src/a, b.ts) glob").options["allowed-tools"]).toEqual([
      "read",
      "bash(git log *)",
      "edit(src/a, b.ts)",
      "glob",
    ]);
  });
  test("commands with their words and options", () => {
    expect(taken("sessions", "export", "s_1", "--format", "json")).toMatchObject({
      command: "sessions",
      words: ["export", "s_1"],
      options: { format: "json" },
    });
  });
});

describe("what is refused, with the next move", () => {
  test.each([
    [["-p", "x", "--modle", "y"], /has no option --modle\. Did you mean --model\?/],
    [["--modle", "y"], /Did you mean --model\?/],
    [["-p", "x", "--zzzzzzzzzz"], /`bosun --help` lists all/],
    [["-p", "x", "-z"], /no option -z/],
    [["sessions", "--max-turns", "3"], /bosun sessions has no option --max-turns/],
    [["-p", "x", "--port", "1"], /no option --port/],
    [["sesions"], /no command "sesions"\. Did you mean `bosun sessions`\?/],
    [["fix the bug"], /bosun -p "fix the bug"/],
    [["-p", "x", "--model"], /--model needs a value/],
    [["-p", "--model", "--verbose"], /--model needs a value/],
    [["-p", "x", "--model", ""], /--model is empty/],
    [["-p", "x", "--verbose=yes"], /takes no value/],
    [["-p", "x", "--max-turns", "0"], /whole number from 1 up/],
    [["-p", "x", "--max-turns", "1.5"], /whole number/],
    [["-p", "x", "--max-turns", "many"], /can't be "many"/],
    [["-p", "x", "--max-budget-usd", "-1"], /number from 0 up/],
    [["-p", "x", "--max-budget-usd", "1e999"], /number from 0 up/],
    [["-p", "x", "--model", "a", "--model", "b"], /given twice/],
    [["-p", "x", "--output-format", "xml"], /Choose one of text, json, stream-json/],
  ])("%j", (given, message) => {
    expect(refused(...given)).toMatch(message);
  });
});

test("whatever is given, it is read or refused, never thrown", () => {
  const word = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(optionTable).map((name) => `--${name}`), ...commandNames, "-p", "-pcz", "--", "-", "--=x"));
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (given) => {
      const read = readArguments(given);
      if (!read.ok) expect(read.error.message.length).toBeGreaterThan(10);
    }),
  );
});

test("rules are split without losing a character of them", () => {
  const rule = fc.stringMatching(/^[a-z]{1,5}(\([a-z *,./]{1,8}\))?$/);
  fc.assert(
    fc.property(fc.array(rule), fc.constantFrom(",", " ", ", ", "\n"), (rules, between) => {
      expect(splitRules(rules.join(between))).toEqual(rules);
    }),
  );
  expect(splitRules("bash(a (b) c),read")).toEqual(["bash(a (b) c)", "read"]);
});
