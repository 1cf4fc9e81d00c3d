// model: what is said to and by models, and the port through which it is said.
export * from "./message.ts";
export * from "./provider.ts";
export * from "./tool-result.ts";
