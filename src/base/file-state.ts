// What a file was at one moment, as far as recovery needs it.
export interface FileState {
  /** Absolute, symbolic links resolved. */
  readonly path: string;
  /** Hex SHA-256 of the bytes; null: there is no such file. */
  readonly sha256: string | null;
  /** Permission bits (for example 0o644); null when absent. */
  readonly mode: number | null;
}
