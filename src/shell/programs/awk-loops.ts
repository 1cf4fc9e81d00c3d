// Loops and functions in a program of awk that may never end. Known to end: `for (x in a)`, a counter that each turn brings nearer to a bound that
// stays, and lines that are got while there are some. Anything else may go on for ever.

interface Token {
  readonly kind: string;
  readonly text: string;
}

const is = (token: Token | undefined, signs: string): boolean => token?.kind === "sign" && signs.split(" ").includes(token.text);
const named = (token: Token | undefined, names: RegExp): boolean => token?.kind === "name" && names.test(token.text);

/** Index behind the sign that closes the one at `at`. */
function closed(tokens: readonly Token[], at: number): number {
  let depth = 0;
  for (let index = at; index < tokens.length; index++) {
    if (is(tokens[index], "( [ {")) depth += 1;
    else if (is(tokens[index], ") ] }")) depth -= 1;
    if (depth === 0) return index + 1;
  }
  return tokens.length;
}

const pastLines = (tokens: readonly Token[], at: number): number => {
  let index = at;
  while (tokens[index]?.kind === "line") index += 1;
  return index;
};

/** Index behind the statement that begins here. */
function statement(tokens: readonly Token[], from: number, depth = 0): number {
  const at = pastLines(tokens, from);
  if (depth > 64) return tokens.length;
  if (is(tokens[at], "{")) return closed(tokens, at);
  if (named(tokens[at], /^(?:if|for|while|switch)$/) && is(tokens[at + 1], "(")) {
    const end = statement(tokens, closed(tokens, at + 1), depth + 1);
    let next = end;
    while (is(tokens[next], ";") || tokens[next]?.kind === "line") next += 1;
    return named(tokens[at], /^if$/) && named(tokens[next], /^else$/) ? statement(tokens, next + 1, depth + 1) : end;
  }
  let index = at;
  while (index < tokens.length && tokens[index]?.kind !== "line" && !is(tokens[index], "; }"))
    index = is(tokens[index], "( [ {") ? closed(tokens, index) : index + 1;
  return index;
}

const sets = "= += -= *= /= %= ^= **= ++ --";

/** Whether these tokens may change the variable. */
const changes = (tokens: readonly Token[], name: string): boolean =>
  tokens.some(
    (token, index) =>
      token.kind === "name" &&
      token.text === name &&
      (is(tokens[index + 1], sets) ||
        is(tokens[index - 1], "++ --") ||
        named(tokens[index - 1], /^getline$/) ||
        (is(tokens[index - 1], ",") && is(tokens[index + 1], ")")) ||
        named(tokens[index + 2], /^in$/)),
  );

/** One that the program sets to counts alone: lines, fields, lengths, small numbers, and what is added to these. */
function isCount(tokens: readonly Token[], name: string): boolean {
  let found = false;
  for (const [index, token] of tokens.entries()) {
    if (token.kind !== "name" || token.text !== name) continue;
    const [before, sign, value, after] = [tokens[index - 1], tokens[index + 1], tokens[index + 2], tokens[index + 3]];
    if (is(before, "++ --") || is(sign, "++ --")) found = true;
    else if (is(sign, "= += -=")) {
      const small = value?.kind === "number" && /^\d{1,6}$/.test(value.text);
      const ends = after === undefined || after.kind === "line" || is(after, "; } )");
      if (!((small || named(value, /^(?:NR|FNR|NF)$/)) && ends) && !(named(value, /^(?:split|length|asort|asorti)$/) && is(after, "("))) return false;
      found = true;
    } else if (is(sign, sets) || named(before, /^getline$/)) return false;
  }
  return found;
}

/** What stays while the loop goes round, and is no more than there are lines, fields or characters. */
function isBound(bound: readonly Token[], body: readonly Token[], all: readonly Token[]): boolean {
  const fields = body.some(
    (token, index) => named(token, /^(?:NF|getline|sub|gsub)$/) || (is(token, "$") && body.slice(index, index + 8).some((each) => is(each, sets))),
  );
  return (
    bound.length > 0 &&
    bound.every((token, index) => {
      if (token.kind === "number") return /^\d{1,6}(?:\.\d+)?$/.test(token.text);
      if (token.kind === "sign") return is(token, "$") ? is(bound[index - 1], "(") && named(bound[index - 2], /^length$/) : is(token, "+ - / ( ) [ ] ,");
      if (token.kind !== "name") return false;
      if (/^(?:NF|NR|FNR)$/.test(token.text)) return !fields;
      if (/^(?:length|int)$/.test(token.text)) return true;
      if (is(bound[index - 1], "(") && named(bound[index - 2], /^length$/)) return !changes(body, token.text);
      return !changes(body, token.text) && isCount(all, token.text);
    })
  );
}

/** `i < n`: which way the variable must go. */
function towards(test: readonly Token[], body: readonly Token[], all: readonly Token[]): { readonly name: string; readonly way: number } | null {
  const [variable, sign, ...bound] = test;
  const way = is(sign, "< <=") ? 1 : is(sign, "> >=") ? -1 : 0;
  if (variable?.kind !== "name" || way === 0) return null;
  const and = bound.findIndex((token) => is(token, "&&"));
  if (and >= 0 && bound.some((token) => is(token, "|| ?") || is(token, sets))) return null;
  return isBound(and < 0 ? bound : bound.slice(0, and), body, all) ? { name: variable.text, way } : null;
}

/** `i++`, `--i`, `i += 2`: 1, -1, or 0 where it is none. */
function step(tokens: readonly Token[], name: string): number {
  const texts = tokens.map(({ text }) => text);
  const [first, second, third] = texts;
  if (texts.length === 2 && (first === name || second === name)) return texts.includes("++") ? 1 : texts.includes("--") ? -1 : 0;
  if (texts.length === 3 && first === name && /^0*[1-9]\d{0,5}$/.test(third ?? "")) return second === "+=" ? 1 : second === "-=" ? -1 : 0;
  return 0;
}

function split(tokens: readonly Token[], sign: string): readonly (readonly Token[])[] {
  const parts: Token[][] = [[]];
  let depth = 0;
  for (const token of tokens) {
    if (is(token, "( [")) depth += 1;
    else if (is(token, ") ]")) depth -= 1;
    if (depth === 0 && is(token, sign)) parts.push([]);
    else if (token.kind !== "line") parts.at(-1)?.push(token);
  }
  return parts;
}

/** Statements of the body itself: those of branches and loops in it may not be reached. */
function inEachTurn(body: readonly Token[]): readonly (readonly Token[])[] {
  const inner = is(body[0], "{") ? body.slice(1, -1) : body;
  const found: (readonly Token[])[] = [];
  for (let at = 0; at < inner.length; ) {
    const end = Math.max(statement(inner, at), at + 1);
    found.push(inner.slice(pastLines(inner, at), end));
    at = is(inner[end], ";") || inner[end]?.kind === "line" ? end + 1 : end;
  }
  return found;
}

function endsFor(head: readonly Token[], body: readonly Token[], all: readonly Token[]): boolean {
  if (head.length === 3 && named(head[1], /^in$/)) return true;
  const [start, test, update, more] = split(head, ";");
  if (start === undefined || test === undefined || update === undefined || more !== undefined) return false;
  const found = towards(test, body, all);
  const big = start.some((token) => token.kind === "number" && !/^\d{1,7}$/.test(token.text));
  return found !== null && !big && !changes(body, found.name) && !changes(start.slice(1), found.name) && step(update, found.name) === found.way;
}

function endsWhile(head: readonly Token[], body: readonly Token[], all: readonly Token[]): boolean {
  const got = /^(?:\( getline(?: [A-Za-z_]\w*)?(?: < "[^"]*")? \)|getline(?: [A-Za-z_]\w*)?) > 0$/.test(head.map(({ text }) => text).join(" "));
  // What is closed is read from its beginning.
  if (got) return !all.some((token) => named(token, /^close$/));
  const turns = inEachTurn(body);
  const name = head[0]?.kind === "name" ? head[0].text : "";
  const steps = turns.filter((each) => step(each, name) !== 0);
  const rest = turns.filter((each) => step(each, name) === 0).flat();
  const found = towards(head, rest, all);
  if (found === null || steps.length !== 1 || rest.some((token) => named(token, /^continue$/)) || changes(rest, name)) return false;
  return step(steps[0] ?? [], name) === found.way;
}

/** Null: it ends; else what goes on. */
export function goesOnInAwk(tokens: readonly Token[]): string | null {
  const functions = new Set(tokens.flatMap((token, index) => (named(token, /^(?:function|func)$/) ? [tokens[index + 1]?.text ?? ""] : [])));
  for (const [index, token] of tokens.entries()) {
    if (named(token, /^(?:function|func)$/)) {
      const body = pastLines(tokens, closed(tokens, index + 2));
      // One that calls another is not followed: that one may call it in turn.
      if (tokens.slice(body, closed(tokens, body)).some((each) => each.kind === "name" && functions.has(each.text))) return "a function that may call itself";
    }
    if (named(token, /^do$/)) return "a loop that may not end";
    if (!named(token, /^(?:for|while)$/) || !is(tokens[index + 1], "(")) continue;
    const after = closed(tokens, index + 1);
    const head = tokens.slice(index + 2, after - 1).filter(({ kind }) => kind !== "line");
    const body = tokens.slice(pastLines(tokens, after), statement(tokens, after));
    const calls = body.some((each) => each.kind === "name" && functions.has(each.text));
    if (calls && !(token.text === "for" && named(head[1], /^in$/))) return "a loop that may not end";
    if (!(token.text === "for" ? endsFor(head, body, tokens) : endsWhile(head, body, tokens))) return "a loop that may not end";
  }
  return null;
}
