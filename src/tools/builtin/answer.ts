// Results in one line, and numbers as people read them.
import type { ToolResult } from "../../model/index.ts";

type More = Omit<ToolResult, "parts" | "failed">;
export const succeeded = (text: string, more: More = {}): ToolResult => ({ parts: [{ type: "text", text }], failed: false, ...more });
export const failed = (text: string, more: More = {}): ToolResult => ({ parts: [{ type: "text", text }], failed: true, ...more });

export function bytesAsText(count: number): string {
  if (count < 1000) return `${count} bytes`;
  if (count < 1_000_000) return `${(count / 1000).toFixed(1)} kB`;
  return count < 1_000_000_000 ? `${(count / 1_000_000).toFixed(1)} MB` : `${(count / 1_000_000_000).toFixed(2)} GB`;
}
export const counted = (count: number, one: string, many = `${one}s`): string => `${count} ${count === 1 ? one : many}`;
