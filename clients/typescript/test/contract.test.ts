import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

import { ArticleService, errorByReason, GlossaryService, TriwireClient } from "../src/index.js";

test("every method of the contract is a method of the client, and none is extra", () => {
  const contract = [ArticleService, GlossaryService].flatMap((service) => Object.keys(service.method));
  const { constructor: _, ...methods } = Object.getOwnPropertyDescriptors(TriwireClient.prototype);
  const own = Object.keys(methods).filter((name) => !["close", "target"].includes(name));
  assert.deepEqual(own.sort(), contract.sort());
});

test("every reason of the contract has a class", () => {
  const table = readFileSync(new URL("../../../../proto/README.md", import.meta.url), "utf8");
  const reasons = [...table.matchAll(/^\|[^|]+\| [A-Z_]+ \| ([A-Z_]+) \|/gm)].map(([, reason]) => reason);
  assert.ok(reasons.length >= 19);
  assert.deepEqual([...errorByReason.keys()].sort(), reasons.sort());
});
