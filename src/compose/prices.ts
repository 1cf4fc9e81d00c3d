// What a model costs here: by the person's own prices where they name it, else by the catalogue.
import type { Clock, Outcome } from "../base/index.ts";
import { findModel, listCatalogue, ownPriceOf, type PriceFile, priceOf, type ResolvedModel, ratesOf, readPriceFile, staleInWords } from "../model/index.ts";
import { homeOf } from "../session/index.ts";
import type { AgentOptions } from "./options.ts";

/** Fails where the person's prices cannot be read: no limit could be held by them. */
export async function withPrices(
  found: Outcome<ResolvedModel>,
  options: AgentOptions,
  environment: Readonly<Record<string, string | undefined>>,
  clock: Clock,
): Promise<Outcome<ResolvedModel>> {
  if (!found.ok) return found;
  const read = await readPriceFile(homeOf(options, environment), clock.now());
  if (!read.ok) return read;
  const { value: model } = found;
  const others = othersOf(model, read.value);
  const own = ownPriceOf(read.value, model.reference, model.row);
  // a program that gives a price with its own provider has said what it costs
  if (read.value === null || own === undefined || options.provider?.price !== undefined) return { ok: true, value: { ...model, others } };
  const notice = staleInWords(read.value, own, clock.now());
  const priced = { ...model, price: (tokens: number) => ratesOf(own, tokens), others, ...(notice === null ? {} : { notice }) };
  const cache = { lifeSeconds: 300, ...model.row?.cache, ...own.cache };
  return { ok: true, value: model.row === undefined ? priced : { ...priced, row: { ...model.row, cache } } };
}

/** The other models of its provider that the catalogue knows. */
function othersOf({ row: asked }: ResolvedModel, file: PriceFile | null): NonNullable<ResolvedModel["others"]> {
  return listCatalogue()
    .filter(({ provider, id }) => provider === asked?.provider && id !== asked.id)
    .map((row) => {
      const reference = `${row.provider}/${row.id}`;
      const own = ownPriceOf(file, reference, findModel(row.provider, row.id));
      return { model: reference, price: (tokens: number) => (own === undefined ? priceOf(row, tokens) : ratesOf(own, tokens)) };
    });
}
