// mvdan-sh is compiled from Go: as it is loaded it makes `require` a global and every stack trace endless, for the whole process.

const before = { limit: Error.stackTraceLimit, require: Object.getOwnPropertyDescriptor(globalThis, "require") };

/** Puts back what stood there when this module was loaded. */
export function restoreGlobals(): void {
  Error.stackTraceLimit = before.limit;
  if (before.require === undefined) Reflect.deleteProperty(globalThis, "require");
  else Object.defineProperty(globalThis, "require", before.require);
}
