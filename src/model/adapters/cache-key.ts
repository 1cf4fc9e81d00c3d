// What OpenAI routes by: requests of one conversation carry one key, so that they reach the machine that holds their prefix.

/** `head`: the tools, the system text and the first message, which a conversation keeps for its life. */
export function cacheKeyOf(head: string): string {
  return process.getBuiltinModule("node:crypto").createHash("sha256").update(head).digest("hex").slice(0, 32);
}
