// Ctrl-C and its relatives: the first one asks the run to end, a second one within two seconds ends the process.

const patience = 2000;
/** npm and the like pass on what the terminal has already sent: two this close together are one. */
const echo = 100;

export interface Interrupts {
  /** As if Ctrl-C had come: for a terminal whose keys are read one by one. */
  interrupt(): void;
  stop(): void;
}

/** `onHangUp`: the terminal is gone. */
export function watchInterrupts(onFirst: () => void, onHangUp: () => void): Interrupts {
  let last = Number.NEGATIVE_INFINITY;
  const interrupt = (): void => {
    const now = performance.now();
    if (now - last < echo) return;
    if (now - last < patience) process.exit(130);
    last = now;
    onFirst();
  };
  const handlers = { SIGINT: interrupt, SIGTERM: interrupt, SIGHUP: onHangUp } as const;
  for (const [signal, handler] of Object.entries(handlers)) process.on(signal, handler);
  return {
    interrupt,
    stop: () => {
      for (const [signal, handler] of Object.entries(handlers)) process.off(signal, handler);
    },
  };
}
