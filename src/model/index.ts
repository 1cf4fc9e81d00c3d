// model: what is said to and by models, the port through which it is said, and how a model is found.
// The adapters, and with them the vendor libraries, are loaded by resolveModel when one is needed.
export {
  findModel,
  listCatalogue,
  localPrice,
  nearNames,
  priceOf,
  smallModel,
  withoutDate,
} from "./catalogue.ts";
export type { CacheFacts, CatalogueRow, ModelPrice } from "./catalogue-row.ts";
export { foreignReasoning, type HistoryLoss, historyLoss, type ModelName } from "./history.ts";
export { createHttpClient, type Environment, type HttpClient, type HttpReply, type HttpRequest, isLoopbackUrl } from "./http.ts";
export { findLocalServers, type LocalPlace, type LocalServer, localPlaces } from "./local.ts";
export { findToolName, meantCall } from "./meant-call.ts";
export * from "./message.ts";
export type { OwnPrice } from "./own-price.ts";
export { ownPriceOf, type PriceFile, priceFileOf, ratesOf, readPriceFile, staleInWords, staleness } from "./price-file.ts";
export * from "./provider.ts";
export {
  type ListedModel,
  listModels,
  type ModelSettings,
  type OpenAiWire,
  type ProviderName,
  type ProviderSettings,
  type ResolvedModel,
  type ResolveOptions,
  resolveModel,
} from "./resolve.ts";
export {
  canRetry,
  createRetryPolicy,
  nextRetry,
  type RetryLimits,
  type RetryPolicy,
  type RetryPolicyOptions,
  type RetryState,
  type RetryStop,
  type RetryVerdict,
  retryLimits,
} from "./retry.ts";
export * from "./tool-result.ts";
