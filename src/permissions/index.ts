// permissions: what may be done, decided by code that can be read, tested and queried.
export * from "./decision.ts";
