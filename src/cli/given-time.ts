// Times as people give them: "1h" ago, a date, a time.
import { BosunError, type Outcome } from "../base/index.ts";

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** Milliseconds since 1970. A date without a zone is meant in the machine's own. */
export function readTime(text: string, option: string, now: number): Outcome<number> {
  const ago = /^(\d{1,6}(?:\.\d{1,3})?)\s*([smhdw])$/i.exec(text.trim());
  if (ago) return { ok: true, value: now - Number(ago[1]) * (units[(ago[2] ?? "").toLowerCase()] ?? 0) * 1000 };
  const isDate = /^\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)?$/.test(text.trim());
  const iso = text.trim().replace(" ", "T");
  const at = isDate && isDay(iso) ? Date.parse(iso.includes("T") ? iso : `${iso}T00:00:00`) : Number.NaN;
  if (!Number.isNaN(at)) return { ok: true, value: at };
  const next = `Write ${option} 30m, 1h, 2d or 3w for so long ago, or a date or time such as 2026-01-31 or 2026-01-31T12:00Z.`;
  return { ok: false, error: new BosunError("usage", `${option} can't be "${text}".`, { next }) };
}

/** The 31st of February would be taken for the 3rd of March. */
function isDay(iso: string): boolean {
  const [year = 0, month = 0, day = 0] = iso.slice(0, 10).split("-").map(Number);
  return new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day;
}
