// A call did not fit the budget: the person raises the limit for this call, for the session, or stops.
import type { BudgetRefusal } from "../budget/index.ts";
import type { Conversation } from "../index.ts";
import type { LineInput } from "./line-input.ts";
import type { Screen } from "./screen.ts";
import { tokens, visible } from "./text.ts";

/** True: the limit was raised, and the conversation can go on. A terminal that vanishes, and an empty line, stop. */
export async function askBudget(
  { ask, screen }: { readonly ask: LineInput["ask"]; readonly screen: Screen },
  conversation: Pick<Conversation, "raise">,
  refusal: BudgetRefusal,
): Promise<boolean> {
  screen.write(`\n${screen.paint("The budget stops here.", "bold")} ${visible(refusal.says)}\n`);
  if (!helps(refusal)) return false;
  const { limit, spent, reserved, projected, allowed } = refusal;
  const show = shown[limit];
  if (refusal.dearest) screen.write(`Dearest in it: ${parts[refusal.dearest.part]}, ${show(refusal.dearest.projected)}.\n`);
  const twice = Math.max(2 * allowed, spent + reserved + 2 * projected);
  const to = limit === "usd" ? Math.ceil(twice * 100) / 100 : Math.ceil(twice);
  const whose = { project: "this project", day: "today" }[refusal.scope ?? ""] ?? "this session";
  for (;;) {
    const line = await ask(`[o]nce, ${show(projected)} more at most; [r]aise it for ${whose} to ${show(to)}, or r AMOUNT; Enter: stop › `);
    const answer = line?.trim().toLowerCase() ?? "";
    if (answer === "") return false;
    if (answer === "o" || answer === "once") {
      await conversation.raise(refusal, "once");
      return true;
    }
    const amount = /^r(?:aise)?(?:\s+\$?(\d+(?:\.\d+)?|\.\d+))?$/.exec(answer);
    const wanted = amount?.[1] === undefined ? to : Number(amount[1]);
    if (amount && wanted > allowed) {
      await conversation.raise(refusal, { to: wanted });
      return true;
    }
    screen.write(amount ? `The limit is ${show(allowed)} already: name a higher one.\n` : "Answer o, r, or r and the new limit, or press Enter to stop.\n");
  }
}

/** Without a price no limit in money can be held, however high it is. */
const helps = ({ limit, projected }: BudgetRefusal): boolean => limit !== "usd" || projected > 0;

const shown: Readonly<Record<BudgetRefusal["limit"], (value: number) => string>> = {
  usd: (value) => `$${value.toFixed(value < 1 ? 4 : 2)}`,
  tokens,
  turns: (value) => `${value} ${value === 1 ? "reply" : "replies"}`,
  seconds: (value) => `${Math.round(value)} s`,
};
const parts: Readonly<Record<NonNullable<BudgetRefusal["dearest"]>["part"], string>> = {
  "conversation": "the conversation so far",
  "new-input": "what is new in the prompt",
  "output": "the reply, at its full length",
};
