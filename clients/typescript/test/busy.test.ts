/** A server whose queue has room for nothing, and which lets one of its callers make one call at a time. */

import assert from "node:assert/strict";
import { describe, test } from "node:test";

import { Cleaning, QueueFullError, QuotaExceededError, text, TriwireClient } from "../src/index.js";
import { given } from "./given.js";

interface Busy {
  readonly target: string;
  readonly token: string;
  readonly tokenForOneCall: string;
}
const server = given<Busy>("TRIWIRE_TEST_BUSY_SERVER");
const { target, token, tokenForOneCall } = server.value ?? {};

function translated(triwire: TriwireClient, number: number) {
  const sentences = Array.from({ length: 20 }, (_, pier) => `Pier ${pier} of port ${number} reopened on Monday.`);
  const content = text(sentences.join(" "), { language: "en", cleaning: Cleaning.NONE });
  return triwire.translate({ content, targetLanguage: "ko" }, { timeoutMs: 30_000 });
}

async function refusalsOf(triwire: TriwireClient, numbers: readonly number[]): Promise<unknown[]> {
  const outcomes = await Promise.allSettled(numbers.map((number) => translated(triwire, number)));
  return outcomes.flatMap((outcome) => (outcome.status === "rejected" ? [outcome.reason] : []));
}

describe("a busy server", server.options, () => {
  test("refuses what its queue has no room for, and says when to come back", async () => {
    const triwire = new TriwireClient({ target, token, tls: false, retry: { maxAttempts: 1 } });
    const refusals = await refusalsOf(triwire, [1, 2, 3, 4]);
    triwire.close();
    assert.equal(refusals.length, 3, "one is let in, because nothing is ahead of it");
    for (const refusal of refusals) {
      assert.ok(refusal instanceof QueueFullError && !(refusal instanceof QuotaExceededError));
      assert.ok((refusal.retryDelayMs ?? 0) >= 100, `${refusal.retryDelayMs} ms`);
    }
  });

  test("answers all calls of a caller that may make one at a time, and comes back when it is told to", async () => {
    const impatient = new TriwireClient({ target, token: tokenForOneCall, tls: false, retry: { maxAttempts: 1 } });
    const refusals = await refusalsOf(impatient, [5, 6, 7]);
    impatient.close();
    assert.equal(refusals.filter((refusal) => refusal instanceof QuotaExceededError).length, 2);
    const patient = new TriwireClient({ target, token: tokenForOneCall, tls: false, retry: { maxAttempts: 50 } });
    assert.deepEqual(await refusalsOf(patient, [8, 9, 10]), []);
    patient.close();
  });
});
