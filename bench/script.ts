// What the model says in a measurement: replies by their number, and nothing that depends on the request.

export interface ScriptedCall {
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
}
/** One entry a turn; after the last one the model says "done". */
export type Script = readonly (readonly ScriptedCall[])[];

const turns = (count: number, call: (turn: number) => ScriptedCall): Script => Array.from({ length: count }, (_, index) => [call(index)]);

export const hi: Script = [];
export const reads = (count: number): Script => turns(count, (turn) => ({ tool: "read", input: { path: fileName(turn) } }));
export const commands = (count: number): Script => turns(count, (turn) => ({ tool: "bash", input: { command: `true ${turn}` } }));

/** One read of the file, then an edit of one of its lines a turn. */
export const edits = (count: number): Script => [
  [{ tool: "read", input: { path: editedFile } }],
  ...turns(count, (turn) => ({ tool: "edit", input: { path: editedFile, edits: [{ old: editLine(turn, "old"), new: editLine(turn, "new") }] } })),
];

/** `megabytes` on the standard output of one command, in lines of 64 bytes. */
export const flood = (megabytes: number): Script => [[{ tool: "bash", input: { command: `yes ${"x".repeat(63)} | head -c ${megabytes}M` } }]];

export const fileName = (turn: number): string => `notes/file-${String(turn).padStart(3, "0")}.txt`;
/** About 215 bytes, different in every file. */
export const fileText = (turn: number): string =>
  Array.from({ length: 5 }, (_, line) => `${line === 0 ? marker(turn) : "line"} ${line + 1} of a small file, number ${turn}.`)
    .join("\n")
    .concat("\n");
export const marker = (turn: number): string => `marker-${turn * 7919}`;
export const editedFile = "notes/edited.txt";
const editLine = (turn: number, state: string): string => `setting ${String(turn).padStart(3, "0")} = ${state}`;
export const editedText = (count: number): string => `${Array.from({ length: count }, (_, turn) => editLine(turn, "old")).join("\n")}\n`;
