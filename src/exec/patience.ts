// How long a command's call waits for it, and what its time and its abort mean to it.

/** How long a command in the background is waited for: one that fails at once is told as a result. */
export const startMilliseconds = 150;

/** What a command is started with. */
export interface Terms {
  readonly timeout: number;
  readonly signal: AbortSignal;
  readonly onOutput: (text: string) => void;
}

export interface Patience {
  readonly terms: Terms;
  /** Null: it goes on and is not waited for any more. */
  wait<Value>(outcome: Promise<Value>): Promise<Value | null>;
}

export function patienceOf(command: Terms & { readonly background?: boolean | undefined }, onTimeout: "stop" | "background" = "stop"): Patience {
  const { background, timeout, signal, onOutput } = command;
  const terms = { timeout, signal, onOutput };
  if (background) return { terms, wait: (outcome) => within(outcome, startMilliseconds) };
  if (onTimeout === "stop") return { terms, wait: (outcome) => outcome };
  // once it goes on by itself the call's abort and its listener are not its own any more
  const abort = new AbortController();
  const onAbort = () => abort.abort();
  let isWaited = true;
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  const whileWaited = (text: string) => void (isWaited && onOutput(text));
  return {
    terms: { timeout: Number.POSITIVE_INFINITY, signal: abort.signal, onOutput: whileWaited },
    async wait(outcome) {
      const first = await within(outcome, timeout, abort.signal);
      isWaited = false;
      signal.removeEventListener("abort", onAbort);
      return first;
    },
  };
}

/** Null after the time; with an abort it is waited for, since that ends it. */
async function within<Value>(work: Promise<Value>, milliseconds: number, abort?: AbortSignal): Promise<Value | null> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<null>((resolve) => {
    timer = setTimeout(() => resolve(null), milliseconds);
  });
  const first = await Promise.race([work, over]);
  clearTimeout(timer);
  return first === null && abort?.aborted === true ? work : first;
}
