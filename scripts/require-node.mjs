// Every npm script starts here, so that it never runs on another Node than the one the lockfile pins.
// Written for old Nodes too: it has to be able to say that they are too old.
import { readFileSync } from "node:fs";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const running = process.versions.node;
const pinned = manifest.devDependencies.node;
const floor = Number(/\d+/.exec(manifest.engines.node)[0]);
// BOSUN_ANY_NODE=1 runs the scripts on any Node that users may have, to test that bosun supports it.
const anyNode = process.env.BOSUN_ANY_NODE === "1";
const fits = anyNode ? Number(running.split(".")[0]) >= floor : running === pinned;

if (!fits) {
  const wanted = anyNode ? `Node ${floor} or newer` : `Node ${pinned}, which comes with the devDependency "node"`;
  console.error(
    `This script needs ${wanted}, but runs on ${running}. ` +
      "Run `npm ci` without --ignore-scripts and --omit=dev, then call it through npm (`npm test`, `npm start`), which puts that Node first in PATH.",
  );
  process.exit(1);
}
