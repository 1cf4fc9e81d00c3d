// Turns a function that reports events into something a consumer pulls from. The consumer may lag; the run never waits for it.
export interface Channel<Event, End> extends AsyncIterable<Event> {
  push(event: Event): void;
  /** Resolves with what the run returned, whether or not anybody reads the events. */
  readonly end: Promise<End>;
}

export function createChannel<Event, End>(start: (push: (event: Event) => void) => Promise<End>): Channel<Event, End> {
  const events: Event[] = [];
  let finished = false;
  let wake: (() => void) | null = null;
  const signal = (): void => {
    wake?.();
    wake = null;
  };
  const push = (event: Event): void => {
    events.push(event);
    signal();
  };
  const end = start(push).finally(() => {
    finished = true;
    signal();
  });
  end.catch(() => undefined); // whoever awaits `end` or iterates sees the error
  return {
    push,
    end,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; ; ) {
        while (at < events.length) yield events[at++] as Event;
        events.length = 0;
        at = 0;
        if (finished) {
          await end;
          return;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
  };
}
