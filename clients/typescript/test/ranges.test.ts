import assert from "node:assert/strict";
import { test } from "node:test";

import { slice, toUtf16 } from "../src/index.js";

test("code points become UTF-16 units: everything after a character outside the basic plane moves by one", () => {
  const text = "🚢 배가 떠났다. 𠮷野家"; // "The ship left. Yoshinoya" behind a ship, with a rare form of a kanji
  assert.deepEqual(toUtf16(text, { start: 2, end: 4 }), { start: 3, end: 5 });
  assert.equal(slice(text, { start: 2, end: 4 }), "배가");
  assert.equal(slice(text, { start: 10, end: 13 }), "𠮷野家");
  assert.equal(slice(text, { start: 0, end: 13 }), text);
});

test("without such characters the two are the same", () => {
  assert.deepEqual(toUtf16("市議会は", { start: 1, end: 3 }), { start: 1, end: 3 }); // "the city council (topic)"
  assert.deepEqual(toUtf16("", { start: 0, end: 0 }), { start: 0, end: 0 });
});

test("combining marks and joined emoji are as many code points as they have, as in the contract", () => {
  const family = "👩‍👧 ok"; // woman, ZERO WIDTH JOINER, girl
  assert.equal(slice(family, { start: 4, end: 6 }), "ok");
});

test("a range that does not lie in the text is refused and not clipped", () => {
  for (const range of [
    { start: 0, end: 4 },
    { start: 4, end: 5 },
    { start: 2, end: 1 },
    { start: -1, end: 1 },
  ]) {
    assert.throws(() => toUtf16("🚢ab", range), RangeError);
  }
});
