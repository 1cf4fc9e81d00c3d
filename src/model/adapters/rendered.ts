// JSON text of what goes out again with every request. A message is rendered once; a turn costs what is new in it.

/** `render` depends on its argument alone, which never changes once it is made. What was rendered lives as long as that. */
export function rendered<Thing extends object, Result>(render: (thing: Thing) => Result): (thing: Thing) => Result {
  const known = new WeakMap<Thing, { readonly result: Result }>();
  return (thing) => {
    const found = known.get(thing);
    if (found) return found.result;
    const result = render(thing);
    known.set(thing, { result });
    return result;
  };
}
