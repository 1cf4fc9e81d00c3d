// Tries a session's lock from a process of its own: prints "busy" or "free".
import { systemClock } from "../../src/base/index.ts";
import { nodeDisk } from "../../src/exec/index.ts";
import { takeLock } from "../../src/session/lock.ts";

const taken = await takeLock(nodeDisk, process.argv[2] ?? "", "test", systemClock);
process.stdout.write(taken.ok ? "free" : taken.error.code === "session-busy" ? "busy" : taken.error.message);
if (taken.ok) await taken.value.release();
