// tools: what a model can ask for. Metadata here, implementations behind load().
export * from "./ports.ts";
export * from "./tool.ts";
