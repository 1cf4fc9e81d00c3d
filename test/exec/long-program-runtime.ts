// A process that starts a long program, says so, and does nothing more. Arguments: the cage; bubblewrap's path.
import { nodeMachine, startLongProgram, wholeView } from "../../src/exec/index.ts";

const [kind = "", program = ""] = process.argv.slice(2);
const started = startLongProgram({
  program: "/bin/sh",
  // deaf to being asked, and with a child of its own
  arguments: ["-c", 'trap "" TERM HUP INT; echo begun; sleep 1000 & wait; wait'],
  cwd: "/",
  environment: { PATH: process.env["PATH"] ?? "", LONG_PROGRAM_MARK: process.env["LONG_PROGRAM_MARK"] ?? "" },
  cage: kind === "namespace" ? { kind: "namespace", program, view: wholeView } : { kind: "watched" },
  machine: nodeMachine,
});
if (typeof started === "string") throw new Error(started);
started.onOutput((bytes) => process.stdout.write(bytes));
setInterval(() => undefined, 1000);
