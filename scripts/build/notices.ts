// dist/THIRD-PARTY-NOTICES.txt: name, version and licence text of each package whose code went into the bundle.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** `modules`: absolute ids of the bundled modules. Throws when a package brings no licence at all. */
export function writeNotices(dist: string, modules: ReadonlySet<string>): void {
  const folders = new Set([...modules].flatMap((id) => /^.*\/node_modules\/(?:@[^/]+\/)?[^/]+/.exec(id)?.[0] ?? []));
  const notices = [...folders].map(notice).sort();
  writeFileSync(join(dist, "THIRD-PARTY-NOTICES.txt"), `bosun contains code of the following packages.\n\n${notices.join("\n\n")}\n`);
}

function notice(folder: string): string {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { name: string; version: string; license?: string };
  const texts = readdirSync(folder)
    .filter((name) => /^(licen[cs]e|notice|copying)/i.test(name) && existsSync(join(folder, name)))
    .sort()
    .map((name) => readFileSync(join(folder, name), "utf8").trim());
  if (texts.length === 0 && manifest.license === undefined) throw new Error(`${manifest.name} is bundled but states no licence: do not bundle it.`);
  const title = `${manifest.name} ${manifest.version}, ${manifest.license ?? "licence below"}`;
  return `${"=".repeat(78)}\n${title}\n${"=".repeat(78)}\n${texts.join("\n\n")}`.trim();
}
