// Times on the command line: what is none is refused, never taken for another one.
import { expect, test } from "vitest";
import { readTime } from "../../src/cli/given-time.ts";

const now = Date.UTC(2026, 10, 22, 12);

test.each([
  ["1h", now - 3_600_000],
  ["1.5d", now - 129_600_000],
  ["0s", now],
  ["999999w", now - 999_999 * 604_800_000],
  ["2099-01-01T00:00Z", Date.UTC(2099, 0, 1)],
  ["2024-02-29T12:00:00.5Z", Date.UTC(2024, 1, 29, 12, 0, 0, 500)],
  ["2026-01-31 12:00+02:00", Date.UTC(2026, 0, 31, 10)],
])("%s", (text, at) => expect(readTime(text, "--since", now)).toEqual({ ok: true, value: at }));

test.each([
  ...[
    "2026-02-31",
    "2025-02-29T00:00Z",
    "2026-13-01",
    "2026-00-10",
    "2026-01-00",
    "2026-01-01T25:00",
    "-1h",
    "1e9h",
    "9999999w",
    "h",
    "1 hour",
    "",
    "1h; drop",
  ],
  ...["\u0661h", "2026-01-31T12:00Z\u0000", "Infinity", "NaN", "0x10h", "1h 2h"],
])("%j is refused, with what to write", (text) => {
  const read = readTime(text, "--since", now);
  expect(read).toMatchObject({ ok: false, error: { code: "usage", message: expect.stringContaining("Write --since 30m") } });
});
