// Texts of every class with their length in tokens of the o200k table, counted once with gpt-tokenizer 4.0.0.
import { createHash } from "node:crypto";

let seed = 1;
const random = (): number => {
  seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
  return seed / 0x7fffffff;
};
const bytes = Buffer.from(Array.from({ length: 9_000 }, () => Math.floor(random() * 256)));

const prose = `The agent reads a file before it changes anything, because a change that rests on a guess is worth less than none.
When a test fails, it says so; when it was not run, it says that too. People who work with it in the evening want to know in
the morning what was decided, what it cost, and where to look further, without reading ten thousand lines of log. A budget is
a promise: what may be spent is reserved beforehand, and whatever was not needed goes back. Nothing of this is new. Double-entry
bookkeeping has worked this way for five hundred years, and nobody would trust a bank that kept its books in memory only.`;

const code = `export function commonLength(left: readonly Message[], right: readonly Message[]): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left[length] === right[length]) length++;
  return length;
}

/** Where the group of this reply ends; -1 when it is not paired. */
async function readAll(path: string, options?: { encoding?: BufferEncoding }): Promise<string | null> {
  try {
    return await fs.promises.readFile(path, { encoding: options?.encoding ?? "utf8" });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(\`cannot read \${path}\`, { cause: error });
  }
}
`;
const python = `class Ledger:
    def __init__(self, path: str, *, limit: float = 0.0) -> None:
        self._entries: list[dict[str, float]] = []
        self.path = path

    def add(self, name: str, amount: float) -> None:
        if amount < 0:
            raise ValueError(f"negative amount for {name!r}: {amount:.2f}")
        self._entries.append({"name": name, "amount": amount})
        logger.info("added %s (%d entries so far)", name, len(self._entries))
`;
const log = Array.from(
  { length: 60 },
  (_, at) =>
    `2026-11-22T10:${String(at % 60).padStart(2, "0")}:07.${100 + at}Z INFO  server: GET /api/items/${at * 31} 200 in ${at * 7}ms (user=${at % 5}, cache=hit)`,
).join("\n");
const json = JSON.stringify(
  Array.from({ length: 30 }, (_, id) => ({
    id,
    name: `package-${id}`,
    version: `${id % 4}.${id}.0`,
    dev: id % 2 === 0,
    dependencies: { "left-pad": "^1.3.0", "is-number": "~7.0.0" },
  })),
  null,
  2,
);
const commits = Array.from({ length: 60 }, (_, at) => `${createHash("sha1").update(String(at)).digest("hex")} mend the reading of page ${at}`).join("\n");

export const samples: Readonly<Record<string, { readonly text: string; readonly tokens: number }>> = {
  prose: { text: prose, tokens: 138 },
  code: { text: code, tokens: 166 },
  python: { text: python, tokens: 125 },
  json: { text: json, tokens: 2_042 },
  log: { text: log, tokens: 2_427 },
  commits: { text: commits, tokens: 1_849 },
  base64: { text: bytes.toString("base64"), tokens: 8_195 },
  base64Lines: { text: bytes.toString("base64").replace(/(.{76})/g, "$1\n"), tokens: 8_380 },
  hexadecimal: { text: bytes.toString("hex"), tokens: 10_072 },
  chinese: { text: "我们需要在修改之前先查看代码，然后运行项目自己的测试，最后报告结果。".repeat(10), tokens: 180 },
  japanese: { text: "ファイルを変更する前に必ず内容を確認し、テストを実行してください。".repeat(10), tokens: 210 },
  korean: { text: "파일을 변경하기 전에 반드시 내용을 확인하고 테스트를 실행하십시오. ".repeat(10), tokens: 141 },
  russian: { text: "Перед изменением файла обязательно проверьте его содержимое и запустите тесты проекта. ".repeat(10), tokens: 191 },
  german: {
    text: "Vor der Änderung einer Datei muss deren Inhalt überprüft und anschließend die Testsuite des Projekts ausgeführt werden. ".repeat(10),
    tokens: 221,
  },
  arabic: { text: "قبل تغيير الملف تحقق من محتواه ثم قم بتشغيل اختبارات المشروع. ".repeat(10), tokens: 161 },
  emoji: { text: "👍🚀✅ done ❌ failed 🔥 ".repeat(20), tokens: 201 },
  oneLetter: { text: "a".repeat(20_000), tokens: 2_500 },
  rules: { text: `${"=".repeat(80)}\n`.repeat(30), tokens: 60 },
};
