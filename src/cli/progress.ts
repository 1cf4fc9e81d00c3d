// What the status line says while a run works: what runs, for how long, tokens, money.
import type { RunEvent } from "../index.ts";
import type { Screen } from "./screen.ts";
import { duration, money, oneLine, tokens } from "./text.ts";
import { total } from "./words.ts";

export interface Progress {
  event(event: RunEvent): void;
  stop(): void;
}

/** How often the seconds are counted on, in milliseconds. */
const beat = 250;

/** `typed`: what the person has typed and not entered; it stands in the status line while a run works. */
export function createProgress(screen: Screen, typed: () => string = () => ""): Progress {
  if (!screen.live) return { event: () => undefined, stop: () => undefined };
  const running = new Map<string, { readonly says: string; readonly from: number }>();
  const spent = { tokens: 0, usd: 0, priced: true, turns: 0 };
  let phase = { says: "starting", from: performance.now() };
  const draw = (): void => {
    const open = [...running.values()];
    const [first] = open;
    const what = first === undefined ? phase : first;
    const more = open.length > 1 ? ` and ${open.length - 1} more` : "";
    const sum = spent.turns === 0 ? "" : ` · turn ${spent.turns} · ${tokens(spent.tokens)} · ${money(spent.usd, spent.priced)}`;
    const text = typed();
    if (text !== "") return screen.status(`› ${oneLine(text)}`);
    screen.status(`${what.says}${more}`, ` · ${duration(Math.max(1000, performance.now() - what.from))}${sum}`);
  };
  const timer = setInterval(draw, beat);
  timer.unref();
  const enter = (says: string): void => {
    phase = { says, from: performance.now() };
  };
  return {
    event(event) {
      if (event.type === "turn-start") {
        spent.turns += 1;
        spent.priced = event.projection.priced;
        enter(event.attempt > 1 ? `asking the model, attempt ${event.attempt}` : "asking the model");
      } else if (event.type === "model") {
        if (event.part.type === "text-delta" && phase.says !== "the model speaks") enter("the model speaks");
        else if (event.part.type === "thinking-delta" && phase.says !== "the model thinks") enter("the model thinks");
        else if (event.part.type === "tool-matched") enter(`the model calls ${oneLine(event.part.tool)}`);
        else return;
      } else if (event.type === "model-retry") enter(`waiting after ${event.failure.class}`);
      else if (event.type === "step") {
        if (event.to === "executing") running.set(event.step, { says: oneLine(`${event.tool} ${event.subject}`), from: performance.now() });
        else running.delete(event.step);
      } else if (event.type === "turn-end") {
        spent.tokens += total(event.usage);
        spent.usd += event.actual.usd;
        enter("working");
      } else return;
      draw();
    },
    stop() {
      clearInterval(timer);
      screen.status(null);
    },
  };
}
