// session: the journal, its fold and where it lives.
export * from "./entry.ts";
export * from "./store.ts";
export * from "./state.ts";
