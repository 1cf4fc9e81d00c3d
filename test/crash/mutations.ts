// Each protection of the journal, taken out of a copy of the sources: a named test must notice. One patch a row.
export interface Mutation {
  readonly name: string;
  readonly file: string;
  readonly from: string;
  readonly to: string;
  /** The test that fails without it: file and title. */
  readonly test: string;
  readonly title: string;
}

export const mutations: readonly Mutation[] = [
  {
    name: "the sync of the intent",
    file: "src/session/entry.ts",
    from: `return change.intent.redo !== "safe" || (change.intent.class !== "read" && change.intent.class !== "none");`,
    to: "return false;",
    test: "test/agent/durability.test.ts",
    title: "an edit's intent is durable before its first operation on the project, and its record comes after",
  },
  {
    name: "the sync of the request",
    file: "src/session/entry.ts",
    from: `    case "input":\n    case "request":\n`,
    to: `    case "input":\n`,
    test: "test/agent/durability.test.ts",
    title: "each request line, with the results before it, is durable before the model sees a byte; each reply before anything acts on it",
  },
  {
    name: "the pairing of calls and results",
    file: "src/session/fold.ts",
    from: "for (const one of books.calls) say(books, toolMessage(one, books.stepOf, books.steps), seq);",
    to: "for (const one of books.calls) if (seq < 0) say(books, toolMessage(one, books.stepOf, books.steps), seq);",
    test: "test/session/fold.test.ts",
    title: "in the model's order, whatever order they end in, and not before all have ended",
  },
  {
    name: "the repair of the tail",
    file: "src/session/file-store.ts",
    from: "if (scanned.badTail === 0) return findings;",
    to: "if (scanned.badTail >= 0) return findings;",
    test: "test/session/file-store.test.ts",
    title: "a bad tail is copied aside before it is cut, byte for byte",
  },
  {
    name: "the writer's lock",
    file: "src/session/lock.ts",
    from: `database.exec("BEGIN EXCLUSIVE");\n    const open`,
    to: `database.exec("SELECT 1");\n    const open`,
    test: "test/session/file-store.test.ts",
    title: "a second process is refused with the first one's number, and admitted once it is gone",
  },
  {
    name: "the look at `before` in commit",
    file: "src/exec/files.ts",
    from: "async function whyNot(disk: Disk, before: FileState): Promise<string | null> {\n",
    to: "async function whyNot(disk: Disk, before: FileState): Promise<string | null> {\n  if (before.path) return null;\n",
    test: "test/tools/change.test.ts",
    title: "changed between prepare and commit",
  },
  {
    name: "the comparison of hashes in recovery",
    file: "src/workflow/reconcile.ts",
    from: `if (now.sha256 === goal.sha256) return "after";`,
    to: `return "after";`,
    test: "test/agent/recovery.test.ts",
    title: "and is not there: not applied; told so, and left to the model",
  },
  {
    name: "the sync of the folders above a new journal",
    file: "src/session/file-store.ts",
    from: "for (const one of new Set(above)) await disk.syncFolder(one);",
    to: "await disk.syncFolder(folder);",
    test: "test/crash/sweep.test.ts",
    title: "at chance moments: every invariant holds",
  },
  {
    name: "saying again what a killed process did not live to say",
    file: "src/agent/recover.ts",
    from: "  sayAgain(execution);\n",
    to: "",
    test: "test/crash/matrix.test.ts",
    title: "a verdict whose process died before it could say it is said by the next one",
  },
  {
    name: "the reserve beside the journal",
    file: "src/session/writer.ts",
    from: `const mayFree = !wasSpent && batch.some(({ role }) => role === "closes");`,
    to: `const mayFree = !wasSpent && batch.length < 0;`,
    test: "test/session/reserve.test.ts",
    title: "what had begun is recorded, durably and once; nothing else is written after it, and the reason says so",
  },
  {
    name: "the end of a job with its session",
    file: "src/exec/jobs.ts",
    from: "await Promise.all(open.map((job) => job.work.end(300)));",
    to: "await Promise.all(open.map((job) => job.name));",
    test: "test/agent/jobs.test.ts",
    title: "jobs end with the session, and one that is resumed is told which did, once",
  },
  {
    name: "the question before what may have happened is done again",
    file: "src/agent/execute.ts",
    from: `if (ruling.verdict !== "allow" || !session.state.unknownEffects.has(argumentsHash(call))) return ruling;`,
    to: `if (ruling.verdict !== "allow" || session.state.length >= 0) return ruling;`,
    test: "test/agent/unknown.test.ts",
    title: "is asked for though a rule names that very command",
  },
  {
    name: "leaving alone what is not safe to begin again",
    file: "src/workflow/step.ts",
    from: `  intent?.redo === "safe" && (`,
    to: `  intent !== undefined || (`,
    test: "test/agent/recovery.test.ts",
    title: "is unknown: said to the model and the person with what is known of its process, and not run again",
  },
];
