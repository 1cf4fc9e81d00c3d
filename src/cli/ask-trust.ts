// A person who opens a project that has something to trust is asked once; both answers are kept.
import { type LoadedSettings, recordTrust } from "../base/index.ts";
import type { Place } from "../index.ts";
import type { LineInput } from "./line-input.ts";
import type { Screen } from "./screen.ts";
import { visible } from "./text.ts";
import { changesInWords, trustChanges } from "./trust-changes.ts";

/** True when an answer was recorded. A terminal that vanishes, and an empty line, answer nothing: it is asked again. */
export async function askTrust(
  { ask, screen }: { readonly ask: LineInput["ask"]; readonly screen: Screen },
  loaded: LoadedSettings,
  place: Place,
): Promise<boolean> {
  const changes = changesInWords(await trustChanges(loaded, place));
  if (changes.length === 0) return false;
  const intro = `${screen.paint("Do you trust this project?", "bold")} ${visible(place.root)}\nWhoever can write to it wrote these, and with your trust they count:`;
  screen.write(`${intro}\n${changes.map((line) => `  ${line}\n`).join("")}Without it, its deny and ask rules and lower limits count all the same.\n`);
  for (;;) {
    const line = await ask("[y]es, for good; [n]o, for good; Enter: not now › ");
    const word = line?.trim().toLowerCase();
    if (word === undefined || word === "") return false;
    if (word !== "y" && word !== "yes" && word !== "n" && word !== "no") {
      screen.write("Answer y or n, or press Enter. `bosun trust` changes it later.\n");
      continue;
    }
    const verdict = word.startsWith("y") ? "yes" : "no";
    const recorded = recordTrust(place.home, { root: place.root, verdict, when: new Date().toISOString(), by: "question" });
    if (recorded.ok) return true;
    screen.write(`${visible(recorded.error.message)}\n`);
    return false;
  }
}
