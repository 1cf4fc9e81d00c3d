import { expect, it } from "vitest";
import { blockTokens, imageTokens, tokensOf } from "../../src/testing/index.ts";

it("counts bytes by four, rounded up", () => {
  expect(["", "a", "abcd", "abcde", "éé", "👋🏽"].map(tokensOf)).toEqual([0, 1, 1, 2, 1, 2]);
});

it("counts an image by the piece, wherever it stands and however large it is", () => {
  const image = (size: number) => ({ type: "image", source: { type: "base64", data: "x".repeat(size) } });
  expect(blockTokens(image(10))).toBe(blockTokens(image(100_000)));
  const result = (...content: object[]) => ({ type: "tool_result", content }) as never;
  expect(blockTokens(result(image(5), image(5))) - blockTokens(result())).toBe(2 * imageTokens + 1); // and five bytes: ["",""] for []
  expect(blockTokens({ type: "text", text: '"type":"image' })).toBe(Math.ceil(JSON.stringify({ type: "text", text: '"type":"image' }).length / 4));
});
