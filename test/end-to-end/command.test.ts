// The command `bosun` itself, as a process: what it prints where, and with which number it ends.
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { Validator } from "@cfworker/json-schema";
import { describe, expect, test } from "vitest";
import { projectSlug } from "../../src/index.ts";
import type { ModelServer, Turn } from "../../src/testing/index.ts";
import { prefixBreaks } from "../agent/prefix.ts";
import {
  bash,
  done,
  edit,
  environmentFor,
  type Finished,
  fewWires,
  makePlace,
  modelFor,
  type Place,
  read,
  readJournal,
  serve,
  sharedCompileCache,
  statelessScript,
  text,
  until,
  type WireChoice,
} from "../agent/support.ts";
import { type ChildEnd, listenTo } from "../support/child-process.ts";

const main = join(import.meta.dirname, "../../src/cli/main.ts");

interface Running {
  readonly ended: Promise<ChildEnd>;
  kill(signal: NodeJS.Signals): void;
}

interface Tested extends Place {
  readonly finished: Finished;
}
/** Tests here run beside each other, so each brings what cleans up after it. */
const placeFor = (finished: Finished): Tested => ({ ...makePlace(finished), finished });

/** `bosun …` in the place, with nobody's settings and nothing on stdin. */
function start(place: Tested, server: ModelServer | null, words: readonly string[], wire: WireChoice = "anthropic"): Running {
  const environment = {
    PATH: process.env.PATH ?? "",
    HOME: place.home,
    BOSUN_HOME: place.home,
    ...sharedCompileCache,
    ...(server ? environmentFor(wire, server) : {}),
  };
  const child = spawn(process.execPath, [main, ...words], { cwd: place.project, env: environment, stdio: ["ignore", "pipe", "pipe"] });
  place.finished(() => void child.kill("SIGKILL"));
  return { ended: listenTo(child).ended, kill: (signal) => void child.kill(signal) };
}
const bosun = (place: Tested, server: ModelServer | null, words: readonly string[], wire: WireChoice = "anthropic"): Promise<ChildEnd> =>
  start(place, server, ["--model", modelFor(wire), ...words], wire).ended;

const rounds = Array.from({ length: 10 }, (_, index) => index + 1);
const replies: readonly Turn["reply"][] = [
  ...rounds.flatMap((round): Turn["reply"][] => [
    [read("list.txt")],
    [edit("list.txt", `item ${round};`, `done ${round};`)],
    [bash(`echo ${round} >> ran.txt`)],
  ]),
  [text("All ten are done.")],
];
const list = rounds.map((round) => `item ${round};\n`).join("");

describe.each(fewWires)("bosun -p over the %s wire", (wire) => {
  test.concurrent("thirty turns end as scripted: the answer on stdout and nothing else, exit 0, a prefix that only grows", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    place.write("list.txt", list);
    const server = await serve(statelessScript(wire, replies), {}, onTestFinished);
    const { code, stdout, stderr } = await bosun(place, server, ["-p", "Do the list.", "--permission-mode", "bypass"], wire);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "All ten are done.\n", stderr: "" });
    expect(place.read("list.txt")).toBe(list.replaceAll("item", "done"));
    expect(server.requests).toHaveLength(31);
    expect(prefixBreaks(server.requests)).toEqual([]);
  });

  test.concurrent("killed in the middle and resumed: the same bytes, nothing twice", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    place.write("list.txt", list);
    const server = await serve(statelessScript(wire, replies), {}, onTestFinished);
    const run = start(place, server, ["--model", modelFor(wire), "-p", "Do the list.", "--permission-mode", "bypass", "--session-id", "killed"], wire);
    await until(() => server.requests.length >= 14);
    run.kill("SIGKILL");
    expect((await run.ended).signal).toBe("SIGKILL");
    const { code, stdout } = await bosun(place, server, ["-p", "--resume", "killed", "--permission-mode", "bypass", "--output-format", "stream-json"], wire);
    expect(code).toBe(0);
    expect(prefixBreaks(server.requests)).toEqual([]);
    const events = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { readonly type: string; readonly resumed?: boolean });
    expect(events[0]).toMatchObject({ type: "run-start", resumed: true });
    expect(events.at(-1)).toMatchObject({ type: "run-end", end: { reason: "answered" } });
    const schema = new Validator(JSON.parse(fs.readFileSync(join(import.meta.dirname, "../../docs/events.schema.json"), "utf8")), "2020-12");
    for (const event of events) expect(schema.validate(event).errors, JSON.stringify(event)).toEqual([]);
    expect(schema.validate({ ...events[0], mode: "no such mode" }).valid).toBe(false);
    const ran = place.read("ran.txt").trimEnd().split("\n");
    expect(new Set(ran).size).toBe(ran.length);
  });
});

describe("how it ends", () => {
  const journalOf = (place: Place) => {
    const folder = join(place.home, "projects", projectSlug(place.project));
    const [session = ""] = fs.readdirSync(folder).filter((name) => fs.existsSync(join(folder, name, "journal.jsonl")));
    return readJournal(join(folder, session, "journal.jsonl"));
  };
  const acting = (fault: NonNullable<Turn["fault"]>): readonly Turn[] => [{ reply: [text("I shall run it now."), bash("echo ran >> trace")], fault }, done];
  const rows: readonly {
    readonly name: string;
    readonly turns: readonly Turn[];
    readonly words?: readonly string[];
    readonly code: number;
    readonly says: RegExp;
    readonly ran?: boolean;
  }[] = [
    { name: "a cut connection, once", turns: acting({ kind: "cut", at: "arguments" }), code: 0, says: /^$/, ran: true },
    { name: "529 with retry-after, once", turns: acting({ kind: "status", status: 529, retryAfter: { milliseconds: 20 } }), code: 0, says: /^$/, ran: true },
    {
      name: "429 that asks for an hour",
      turns: acting({ kind: "status", status: 429, retryAfter: { seconds: 3600 } }),
      code: 7,
      says: /asks to wait 3600 s.*--resume/,
    },
    { name: "HTML with 200, always", turns: acting({ kind: "html", times: "always" }), code: 7, says: /HTML page.*base URL.*--resume/ },
    { name: "context too long", turns: acting({ kind: "context-too-long" }), code: 9, says: /no longer fits.*larger window/ },
    { name: "truncated arguments", turns: acting({ kind: "truncated-arguments" }), code: 0, says: /^$/ },
    { name: "a refusal", turns: [{ reply: [text("No.")], finish: "refusal" }], code: 6, says: /refused: No\..*--model/ },
    {
      name: "the limit of replies",
      turns: [{ reply: [bash("echo ran >> trace")] }, done],
      words: ["--max-turns", "1"],
      code: 4,
      says: /limit of 1 reply.*--resume/,
      ran: true,
    },
    { name: "the limit in money", turns: [done], words: ["--max-budget-usd", "0.001"], code: 3, says: /may cost \$.*--resume/ },
    {
      name: "a question",
      turns: [{ reply: [bash("make")] }],
      words: ["--permission-mode", "ask"],
      code: 5,
      says: /needs a decision: bash make.*--allowed-tools/,
    },
    { name: "a circle", turns: [{ reply: [bash("true")], repeat: "always" }], code: 9, says: /4 times in a row.*--resume/ },
  ];

  test.concurrent.for(rows)("$name: exit $code, and what to do", async ({ turns, words = [], code, says, ran = false }, { onTestFinished }) => {
    const place = placeFor(onTestFinished);
    const server = await serve(turns, {}, onTestFinished);
    const mode = words.includes("--permission-mode") ? [] : ["--permission-mode", "bypass"];
    const ended = await bosun(place, server, ["-p", "go", ...mode, ...words]);
    expect(ended.stderr.trimEnd().replaceAll("\n", " ")).toMatch(says);
    expect(ended.code).toBe(code);
    expect(ended.stdout).toBe(code === 0 ? "done\n" : "");
    expect(fs.existsSync(place.file("trace"))).toBe(ran);
    expect(journalOf(place).at(-1)?.type).toBe("end");
  });

  test.concurrent("no key and no server: exit 2 with the three ways on, and no session is left behind", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    const { code, stderr } = await start(place, null, ["-p", "go"]).ended;
    expect(code).toBe(2);
    expect(stderr).toMatch(/ANTHROPIC_API_KEY/);
    expect(stderr).toMatch(/bosun demo/);
    expect(fs.existsSync(join(place.home, "projects"))).toBe(false);
  });

  test.concurrent("Ctrl-C while a command runs: exit 130, the command ended, the model told on resume", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    const server = await serve([{ reply: [bash("touch began; sleep 30; touch ended")] }, done], {}, onTestFinished);
    const run = start(place, server, ["--model", modelFor("anthropic"), "-p", "go", "--permission-mode", "bypass", "--session-id", "stopped"]);
    await until(() => fs.existsSync(place.file("began")));
    run.kill("SIGINT");
    const { code, stderr } = await run.ended;
    expect(code).toBe(130);
    expect(stderr).toContain("--resume stopped");
    const { code: again, stdout } = await bosun(place, server, ["-p", "--resume", "stopped", "--permission-mode", "bypass"]);
    expect([again, stdout]).toEqual([0, "done\n"]);
    expect(JSON.stringify(server.requests[1]?.json)).toContain("interrupted by the person");
    expect(fs.existsSync(place.file("ended"))).toBe(false);
  });

  test.concurrent("a second process on the session: exit 8 with the pid of the first, which is not disturbed", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    const server = await serve([{ reply: [bash("touch began; while [ ! -e go ]; do sleep 0.05; done")] }, done], {}, onTestFinished);
    const first = start(place, server, ["--model", modelFor("anthropic"), "-p", "go", "--permission-mode", "bypass", "--session-id", "shared"]);
    await until(() => fs.existsSync(place.file("began")));
    const second = await bosun(place, server, ["-p", "me too", "--resume", "shared"]);
    expect(second.code).toBe(8);
    expect(second.stderr).toMatch(/another process \(pid \d+\)/);
    place.write("go", "");
    expect(await first.ended).toMatchObject({ code: 0, stdout: "done\n", stderr: "" });
  });

  test.concurrent("a disk that is full (a limit on file size): exit 8, nothing is done after it, and with space it goes on", async ({ onTestFinished }) => {
    const place = placeFor(onTestFinished);
    const server = await serve(
      statelessScript("anthropic", [[bash(`echo ran >> trace; printf 'x%.0s' $(seq 1 9000)`)], [bash("echo second >> trace")], [text("done")]]),
    );
    const limited = spawn(
      "/bin/sh",
      [
        "-c",
        'ulimit -f 40; exec "$@"',
        "sh",
        process.execPath,
        main,
        "--model",
        modelFor("anthropic"),
        "-p",
        "go",
        "--permission-mode",
        "bypass",
        "--session-id",
        "full",
      ],
      {
        cwd: place.project,
        env: {
          PATH: process.env.PATH ?? "",
          HOME: place.home,
          BOSUN_HOME: place.home,
          NODE_DISABLE_COMPILE_CACHE: "1",
          ...environmentFor("anthropic", server),
        },
        stdio: ["ignore", "pipe", "pipe"],
      },
    );
    const { code, stderr } = await listenTo(limited).ended;
    expect(stderr).toMatch(/journal cannot be written.*--resume full/s);
    expect(code).toBe(8);
    expect(place.read("trace")).toBe("ran\n");
    const again = await bosun(place, server, ["-p", "--resume", "full", "--permission-mode", "bypass"]);
    expect(again.code).toBe(0);
    expect(place.read("trace")).toBe("ran\nsecond\n");
  });
});
