// The narrow view of an analysis: simple commands of literal words, or what stands in the way.
import type { Analysis } from "./analyse.ts";
import type { ShellReading } from "./reading.ts";

export function readingOf({ text, commands, heard, effects, findings }: Analysis): ShellReading {
  const first = findings.find((finding) => finding.kind === "unclear") ?? findings.find((finding) => finding.command === undefined);
  const whole = { start: 0, end: text.length };
  if (first !== undefined || commands === null) return { commands: null, heard, unclear: first?.says ?? "it is not understood", span: first?.span ?? whole };
  const open = commands.find((command) => command.open !== undefined);
  if (open !== undefined) return { commands: null, heard, unclear: "what a word in it stands for is known only when it runs", span: open.span };
  const home = effects.find((effect) => effect.kind === "reads" && effect.path.value.kind !== "literal");
  if (home !== undefined) return { commands: null, heard, unclear: "what a word in it stands for is known only when it runs", span: home.span };
  return { commands, heard };
}
