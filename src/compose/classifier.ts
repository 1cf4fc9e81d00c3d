// Which model judges calls in mode auto: the one that is named, the small one of the session's provider, or the session's own.
import type { Classifier, ClassifierModel } from "../agent/index.ts";
import { BosunError, type Outcome } from "../base/index.ts";
import { smallModel } from "../model/index.ts";
import { findModel } from "./model.ts";
import type { ConversationParts } from "./parts.ts";

const usualSeconds = 10;

/** Nothing is looked for before the first call that is left to it. */
export function createClassifier(parts: ConversationParts): Classifier {
  let found: Promise<Outcome<ClassifierModel>> | undefined;
  return {
    timeout: (parts.options.classifier?.timeout ?? usualSeconds) * 1000,
    find: () => {
      found ??= find(parts);
      return found;
    },
  };
}

async function find({ options, environment, clock, model }: ConversationParts): Promise<Outcome<ClassifierModel>> {
  const { provider, model: name, price = () => undefined } = options.classifier ?? {};
  if (provider !== undefined) {
    if (name !== undefined) return { ok: true, value: { provider, model: name, price } };
    return { ok: false, error: new BosunError("usage", "The classifier's provider has no model.", { next: "Name one beside it: classifier.model." }) };
  }
  const { provider: _own, ...others } = options;
  if (name !== undefined) return findModel({ ...others, model: name }, environment, clock);
  const small = model.row === undefined ? undefined : smallModel(model.row.provider);
  if (small === undefined || small.id === model.row?.id) return { ok: true, value: model };
  return findModel({ ...others, model: `${small.provider}/${small.id}` }, environment, clock);
}
