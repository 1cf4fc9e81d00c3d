import type { Check } from "./check.ts";

export const localeString: Check = {
  id: 42,
  name: "locale-string",
  class: "C18",
  family: "quoting",
  title: "Strings that the locale translates",
  sees: '`$"…"`',
  reference: "bash(1), QUOTING (locale-specific translation)",
  fires: ['echo $"hello"', 'echo $"a $(touch CANARY)"'],
  passes: ['echo "hello"', "echo '$\"x\"'"],
};
