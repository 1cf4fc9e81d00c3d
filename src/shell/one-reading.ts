// Texts that can be read in one way only: words of letters and a few signs, and quoted ones in which nothing is special,
// between blanks, joined by `|`, `||`, `&&` and `;`. No second parser is asked about them.

const bare = `[A-Za-z0-9_./,:@%+-][A-Za-z0-9_./,:@%+=-]*`;
const quoted = String.raw`'[^'\n]*'|"[^"\n$\x60\\!]*"`;
const silenced = `[12]?>(?:&[12]|/dev/null)`;
const word = `(?:${bare}|${quoted}|${silenced})`;
const command = `${word}(?: +${word})*`;
const whole = new RegExp(`^ *${command}(?: *(?:\\|\\|?|&&|;) *${command})* *$`);
const control = new Set("if then else elif fi for while until do done case esac select function time coproc in".split(" "));

export function hasOneReading(text: string): boolean {
  if (!/^[\x20-\x7e]*$/.test(text) || !whole.test(text)) return false;
  return text.split(/[ |&;]+/).every((each) => !control.has(each) && !/^\w+\+?=/.test(each));
}
