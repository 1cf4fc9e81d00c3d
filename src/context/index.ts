// context: what a model is shown, in bytes that stay the same from request to request.
export { type Assembled, type AssembleOptions, assemble } from "./assemble.ts";
export { type BreakVector, breakVectors } from "./break-vectors.ts";
export { type CachedRequest, type CacheStory, readCacheStory } from "./cache-story.ts";
export { corePrompt } from "./core.ts";
export { branchOf, dayOf, type EnvironmentFacts, renderEnvironment } from "./environment.ts";
export { type ForecastFacts, forecast, outcomeOf } from "./forecast.ts";
export { findInstructions, type InstructionFile, type InstructionFolders, type Instructions, nestedInstructions, renderInstructions } from "./instructions.ts";
export { type PrefixParts, renderPrefix } from "./prefix.ts";
export { historyLength, renderTool, segmentsOf } from "./segments.ts";
export { renderSkills, type SkillTitle } from "./skills.ts";
export { estimateInput, estimateTokens, type InputEstimate } from "./tokens.ts";
export { type PairedView, pairedView } from "./view.ts";
