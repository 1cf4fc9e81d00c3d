// Before the provider's cache is broken by what the person can still take back, they are asked, with the price.
import type { ConfirmBreak } from "../index.ts";
import type { LineInput } from "./line-input.ts";
import type { Screen } from "./screen.ts";
import { money, tokens, visible } from "./text.ts";

/** A terminal that vanishes, and an interrupt, mean no. */
export function createBreakQuestion({ ask, screen }: { readonly ask: LineInput["ask"]; readonly screen: Screen }): ConfirmBreak {
  return async (broken, signal) => {
    if (signal.aborted) return false;
    screen.pause();
    const price = broken.usd === null ? "the price is not known" : `${money(broken.usd, true)} more than reading them`;
    screen.write(`\n${screen.paint("This breaks the provider's cache:", "bold")} ${visible(broken.cause)}.\n`);
    screen.write(`About ${tokens(broken.tokens)} are written again: ${price}.\n`);
    try {
      for (;;) {
        const line = await ask("Send it? [y]es, [n]o › ", signal);
        const word = line?.trim().toLowerCase();
        if (word === "y" || word === "yes") return true;
        if (word === undefined || word === "n" || word === "no") {
          screen.write("Not sent. Take the change back and press Enter, or press Enter to be asked again.\n");
          return false;
        }
        screen.write("Answer y or n.\n");
      }
    } finally {
      screen.resume();
    }
  };
}
