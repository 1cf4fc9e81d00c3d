// Ids of calls that other vendors' models made may be longer than a vendor takes, or empty.

/** `id` itself where it fits, else one made from it: the same for a call and its result, in every request. */
export function wireId(id: string, longest: number): string {
  if (id.length > 0 && id.length <= longest) return id;
  return `call_${process
    .getBuiltinModule("node:crypto")
    .hash("sha256", id, "hex")
    .slice(0, Math.min(40, longest - 5))}`;
}
