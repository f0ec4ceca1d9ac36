/** Ranges of the contract count Unicode code points; strings of JavaScript are indexed by UTF-16 units. */

import type { Block } from "./gen/triwire/v1/article_pb.js";

/** Half-open: from `start` up to, and without, `end`. A `TextRange` of the contract is one. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** The text that ranges of a block refer to: its plain text, or its inline HTML with the tags counted. */
export function bodyOf(block: Block): string {
  return block.body.value ?? "";
}

/**
 * The same range in UTF-16 units, for `String.slice`, a text editor or the DOM.
 *
 * @param range in code points
 * @throws RangeError it is no range of this text: ranges belong to the article of the response, if that has one
 */
export function toUtf16(text: string, range: Range): Range {
  const start = advance(text, 0, range.start);
  return { start, end: advance(text, start, range.end - range.start) };
}

/** The passage that a range of code points names. */
export function slice(text: string, range: Range): string {
  const { start, end } = toUtf16(text, range);
  return text.slice(start, end);
}

/** The index that lies a number of code points after another one. */
function advance(text: string, from: number, codePoints: number): number {
  let index = from;
  let left = codePoints;
  for (; left > 0 && index < text.length; left--) index += (text.codePointAt(index) ?? 0) > 0xffff ? 2 : 1;
  if (left !== 0) throw new RangeError("the range does not lie in this text");
  return index;
}
