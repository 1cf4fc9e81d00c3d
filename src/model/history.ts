// What becomes of a conversation when another model goes on with it. The adapters do it, message by message, as they write a
// request; here it is told beforehand, so that a person can be told.
import type { CatalogueRow } from "./catalogue-row.ts";
import type { AssistantMessage, Message } from "./message.ts";

export interface ModelName {
  /** The provider's id. */
  readonly provider: string;
  readonly model: string;
}
export interface HistoryLoss {
  /** Thoughts that are not sent: vendors bind reasoning to the model that wrote it. */
  readonly reasoning: number;
  /** Models that wrote these, as `provider/model`, in order of their first. */
  readonly from: readonly string[];
  /** Images that the model is only told of. */
  readonly images: number;
  /** One sentence for a person; "" when nothing is lost. */
  readonly says: string;
}

const isThought = (part: { readonly type: string }): boolean => part.type === "thinking" || part.type === "redacted-thinking";
const wrote = (message: AssistantMessage, { provider, model }: ModelName): boolean => message.provider === provider && message.model === model;

/** How many thoughts of other models a request to this one leaves out. */
export function foreignReasoning(messages: readonly Message[], to: ModelName): number {
  let count = 0;
  for (const message of messages) if (message.role === "assistant" && !wrote(message, to)) for (const part of message.parts) if (isThought(part)) count += 1;
  return count;
}

/** What sending `messages` to another model leaves out or changes. `row` is that model's, where it has one. */
export function historyLoss(messages: readonly Message[], to: ModelName, row?: Pick<CatalogueRow, "images">): HistoryLoss {
  const foreign = messages.filter((message) => message.role === "assistant" && !wrote(message, to)) as readonly AssistantMessage[];
  const thinkers = foreign.filter((message) => message.parts.some(isThought)).map(({ provider, model }) => `${provider}/${model}`);
  const images = messages.flatMap((message) => (message.role === "assistant" ? [] : message.parts)).filter((part) => part.type === "image").length;
  const loss = {
    reasoning: foreignReasoning(messages, to),
    from: [...new Set(thinkers)],
    images: row?.images === false ? images : 0,
  };
  return { ...loss, says: sentenceOf(loss, to) };
}

function sentenceOf({ reasoning, from, images }: Omit<HistoryLoss, "says">, to: ModelName): string {
  const lost = [
    ...(reasoning === 0 ? [] : [`${counted(reasoning, "thought")} of ${from.join(" and ")}`]),
    ...(images === 0 ? [] : [`${counted(images, "image")}, which it cannot see`]),
  ];
  return lost.length === 0 ? "" : `${to.provider}/${to.model} is not sent ${lost.join(", nor ")}.`;
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
