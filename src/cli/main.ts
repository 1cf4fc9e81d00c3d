// The command. Nothing is imported before it is known that it is needed: `--version` answers from this file alone.
// No top-level await: chunks of the bundle import this module again, and would wait for it while it waits for them.
import manifest from "../../package.json" with { type: "json" };

const oldestNode = 24;

function start(): void {
  const [first] = process.argv.slice(2);
  if (Number.parseInt(process.versions.node, 10) < oldestNode) {
    process.stderr.write(`bosun: this is Node ${process.versions.node}, and bosun needs ${oldestNode} or newer. Install one from https://nodejs.org.\n`);
    process.exitCode = 2;
    return;
  }
  if (process.argv.length === 3 && (first === "--version" || first === "-V")) {
    process.getBuiltinModule("node:fs").writeSync(1, `${manifest.version}\n`);
    return;
  }
  keepCompiled();
  import("./program.ts").then(({ runProgram }) => runProgram(process.argv.slice(2))).catch(fail);
}

/** Compiled code is kept beside the sessions: the second start is about 30 ms shorter. Without a place for it, it is not kept. */
function keepCompiled(): void {
  try {
    const home = process.env["BOSUN_HOME"] || `${process.getBuiltinModule("node:os").homedir()}/.bosun`;
    process.getBuiltinModule("node:fs").mkdirSync(home, { recursive: true, mode: 0o700 });
    process.getBuiltinModule("node:module").enableCompileCache(`${home}/cache/compiled`);
  } catch {
    // a home that can't be written is reported by whoever needs it
  }
}

function fail(error: unknown): void {
  process.stderr.write(`bosun: internal error, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
}

start();
