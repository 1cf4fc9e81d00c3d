// The floors of the house: who may import whom (scripts/floors.json), and that rooms are entered by their door.
import { readFileSync } from "node:fs";
import type { Finding } from "./finding.ts";
import { type Import, importsOf, type SourceFile, sourceFiles } from "./source.ts";

interface Plan {
  readonly floors: readonly (readonly string[])[];
  readonly sideways: Readonly<Record<string, readonly string[]>>;
}

const plan = JSON.parse(readFileSync(new URL("../floors.json", import.meta.url), "utf8")) as Plan;
const floorOf = new Map(plan.floors.flatMap((rooms, floor) => rooms.map((room) => [room, floor] as const)));

/** "src/tools/tool.ts" is in the room "tools"; "src/index.ts" is a room of its own. */
const roomOf = (path: string): string => path.split("/")[1] ?? "";

/** Type imports count like any other: a file that names a type of a higher floor knows of that floor. */
export function checkFloors(root: string): Finding[] {
  return sourceFiles(root, ["src"]).flatMap((file) => {
    if (!floorOf.has(roomOf(file.path))) {
      return [{ file: file.path, line: 0, says: `the room "${roomOf(file.path)}" is on no floor: put it into scripts/floors.json, or the file into a room` }];
    }
    return importsOf(root, file).flatMap((imported) => judge(file, imported));
  });
}

function judge(file: SourceFile, imported: Import): Finding[] {
  const { target } = imported;
  if (target === undefined || target === "package.json") return [];
  const at = { file: file.path, line: imported.line };
  if (!target.startsWith("src/")) return [{ ...at, says: `imports ${target}, which is outside src and is not published` }];
  const [from, to] = [roomOf(file.path), roomOf(target)];
  if (from === to) return [];
  const [own, other] = [floorOf.get(from), floorOf.get(to)];
  if (own === undefined || other === undefined) return [{ ...at, says: `imports the unknown room "${to}": name it in scripts/floors.json` }];
  const findings: Finding[] = [];
  if (other >= own && !plan.sideways[from]?.includes(to)) {
    findings.push({ ...at, says: `${from} (floor ${own}) may not import ${to} (floor ${other}): move what is shared down, or hand it in as a port` });
  }
  if (target !== `src/${to}` && target !== `src/${to}/index.ts`) {
    findings.push({ ...at, says: `imports the inside of ${to}: export it from src/${to}/index.ts and import that` });
  }
  return findings;
}
