// A process of its own that refreshes an index: `node refresh.ts HOME` says what it did.
import { systemClock } from "../../src/base/index.ts";
import { openIndex } from "../../src/session/index.ts";

const opened = await openIndex({ home: process.argv[2] ?? "", clock: systemClock });
if (!opened.ok) throw opened.error;
const done = await opened.value.refresh();
if (!done.ok) throw done.error;
const listed = await opened.value.list();
opened.value.close();
process.stdout.write(JSON.stringify({ ...done.value, listed: listed.ok ? listed.value.length : -1 }));
