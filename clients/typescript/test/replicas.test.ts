/** Two replicas as processes, of which one is killed in the middle of batches, or drained under load. */

import assert from "node:assert/strict";
import { test } from "node:test";

import { bodyOf, SummaryStyle, text, TriwireClient } from "../src/index.js";
import { given } from "./given.js";

interface Replica {
  readonly target: string;
  readonly pid: number;
}
const replicas = given<Replica[]>("TRIWIRE_TEST_REPLICAS");

function* items(count: number) {
  for (let number = 0; number < count; number++) {
    const content = text(`Ferry ${number} left.\n\nIt carried ${number * 7} people to the island on Monday.`, {
      language: "en",
    });
    const value = { content, options: { style: SummaryStyle.HEADLINE } };
    yield { itemId: `i${number}`, operation: { case: "summarize" as const, value } };
  }
}

test("batches over a replica that is killed: each item is answered once, and right", replicas.options, async () => {
  let numRetries = 0;
  const random = () => {
    numRetries += 1;
    return Math.random();
  };
  const target = `ipv4:${replicas.value.map((replica) => replica.target).join(",")}`;
  // All streams go to the first replica as long as it is there, so that it is the one to kill.
  const config = JSON.stringify({ loadBalancingConfig: [{ pick_first: {} }] });
  const channelOptions = { "grpc.service_config": config };
  const triwire = new TriwireClient({ target, tls: false, token: "", retry: { random }, channelOptions });

  let numAnswers = 0;
  const batches = [0, 1, 2, 3].map(async () => {
    const answered = new Set<string>();
    for await (const { itemId, outcome, error } of triwire.processBatch(items(200), {
      window: 32,
      timeoutMs: 90_000,
    })) {
      assert.equal(error, undefined);
      assert.ok(outcome?.case === "summarize");
      const headline = outcome.value.summary?.points.map((point) => point.text).join() ?? "";
      assert.match(headline, new RegExp(`\\b(${itemId.slice(1)}|${Number(itemId.slice(1)) * 7})\\b`));
      assert.ok(!answered.has(itemId), `${itemId} was answered twice`);
      answered.add(itemId);
      if (++numAnswers === 200) process.kill(replicas.value[0]?.pid ?? 0, "SIGKILL");
    }
    return answered.size;
  });
  assert.deepEqual(await Promise.all(batches), [200, 200, 200, 200]);
  assert.ok(numRetries >= 4, `${numRetries} streams were opened again`);

  const extracted = await triwire.extractArticle({ content: text("The ferry left.") });
  assert.deepEqual(extracted.article?.blocks.map(bodyOf), ["The ferry left."], "calls go to the replica that is left");
  triwire.close();
});

const draining = given<Replica[]>("TRIWIRE_TEST_DRAINING_REPLICAS");

test("calls and batches over a replica that drains: none fails", draining.options, async () => {
  const target = `ipv4:${draining.value.map((replica) => replica.target).join(",")}`;
  const triwire = new TriwireClient({ target, tls: false, token: "", timeoutMs: 30_000 });
  for (let call = 0; call < 10; call++) await triwire.listModels();

  let numAnswers = 0;
  const note = () => {
    if (++numAnswers === 300) process.kill(draining.value[0]?.pid ?? 0, "SIGTERM");
  };
  const callers = Array.from({ length: 16 }, async (_, caller) => {
    for (let number = 0; number < 100; number++) {
      const content = text(`Ferry ${caller} left ${number} times.`, { language: "en" });
      const { summary } = await triwire.summarize({ content, options: { style: SummaryStyle.HEADLINE } });
      assert.match(summary?.points[0]?.text ?? "", new RegExp(`Ferry ${caller} left ${number} times`));
      note();
    }
  });
  const batches = [0, 1].map(async () => {
    const answered = new Set<string>();
    for await (const { itemId, error } of triwire.processBatch(items(400), { window: 16, timeoutMs: 90_000 })) {
      assert.equal(error, undefined);
      answered.add(itemId);
      note();
    }
    assert.equal(answered.size, 400);
  });
  await Promise.all([...callers, ...batches]);
  triwire.close();
});
