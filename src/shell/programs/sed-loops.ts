// Jumps back in a script of sed that may never end: nothing on the way reads the next line or ends the cycle.

/** A command of the script, in order. */
export interface Step {
  readonly name: string;
  /** It has an address: it may be passed over. */
  readonly sometimes: boolean;
  /** Braces around it, from the outermost on, by their places. */
  readonly within: readonly number[];
  /** Of ":", "b", "t" and "T". */
  readonly label?: string;
  /** Of "s": it may find what it has just put there. */
  readonly again?: boolean;
  /** Of "s" and inserted texts: it may bring a new line. */
  readonly breaks?: boolean;
}

const ends = /^[nNdqQ]$/;

/** Null: it ends; else what goes on. */
export function goesOnInSed(steps: readonly Step[]): string | null {
  const labels = new Map(steps.flatMap(({ name, label }, index) => (name === ":" && label !== undefined ? [[label, index] as const] : [])));
  const target = ({ name, label }: Step): number | undefined => (/^[btT]$/.test(name) && label !== undefined && label !== "" ? labels.get(label) : undefined);
  // D begins again without a line where there is more than one left.
  if (steps.some(({ name }) => name === "D") && steps.some(({ name, breaks }) => /^[GHgx]$/.test(name) || breaks === true)) return "D may begin again for ever";
  for (const [at, step] of steps.entries()) {
    const back = target(step);
    if (back === undefined || back > at) continue;
    const between = steps.slice(back, at);
    if (step.name === "t" && !between.some(({ name, again }) => name === "s" && again === true)) continue;
    const sure = between.some(
      (each, index) =>
        ends.test(each.name) &&
        !each.sometimes &&
        each.within.every((brace, depth) => step.within[depth] === brace) &&
        between.slice(0, index).every((before) => (target(before) ?? -1) <= back + index),
    );
    if (!sure) return "a jump back that may go on for ever";
  }
  return null;
}

/** Whether what is put there may be found again: by the same words, or because nothing has to be there. */
export function findsAgain(pattern: string, replacement: string): boolean {
  const put = replacement.replace(/\\[0-9]|(?<!\\)&/g, "").replace(/\\(.)/gs, "$1");
  if (replacement === "&" || /^\\0$/.test(replacement)) return true;
  // Basic expressions have their marks behind backslashes, extended ones have not: both are tried.
  const swapped = pattern.replace(/\\?[+?(){}|]/g, (sign) => (sign.length === 2 ? (sign[1] ?? "") : `\\${sign}`));
  return [pattern, swapped].some((each) => {
    try {
      const expression = new RegExp(each.replace(/\[:\w+:\]/g, "\\w").replace(/\\[<>`']/g, "\\b"));
      const found = expression.exec("");
      return found !== null ? put === "" || !/^\^.*\$$/s.test(each) || expression.test(put) : put !== "" && expression.test(put);
    } catch {
      return false;
    }
  });
}
