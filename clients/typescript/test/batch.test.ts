import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { create } from "@bufbuild/protobuf";
import type { ServerDuplexStream } from "@grpc/grpc-js";

import {
  type BatchItem,
  type BatchItems,
  type BatchOptions,
  DeadlineExceededError,
  LanguageUnsupportedError,
  type ProcessBatchRequest,
  type ProcessBatchResponse,
  ProcessBatchResponseSchema,
  ShuttingDownError,
  StatusCode,
  type TriwireClient,
} from "../src/index.js";
import { answerTo, failure, type Scripted, scripted, statusOf } from "./scripted.js";

type Call = ServerDuplexStream<ProcessBatchRequest, ProcessBatchResponse>;

const drained = failure(StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0);
const item = (itemId: string): BatchItem => ({ itemId, operation: { case: "detectLanguage", value: {} } });

let server: Scripted | undefined;
afterEach(() => server?.stop());

/** A server that is told what to do with each item; gives the ids that each of its streams received. */
async function batches(onItem: (call: Call, itemId: string, stream: number, num: number) => void) {
  const streams: string[][] = [];
  const processBatch = (call: Call) => {
    const ids: string[] = [];
    const stream = streams.push(ids);
    call.on("data", ({ itemId }: ProcessBatchRequest) => onItem(call, itemId, stream, ids.push(itemId)));
    call.on("end", () => call.end());
  };
  server = await scripted({ processBatch }, { retry: { initialMs: 5, maxMs: 10 } });
  return { streams, client: server.client };
}

function answer(call: Call, itemId: string): void {
  call.write(create(ProcessBatchResponseSchema, answerTo(itemId)));
}

function* numbered(count: number): Generator<BatchItem> {
  for (let number = 0; number < count; number++) yield item(`i${number}`);
}

async function idsOf(client: TriwireClient, items: BatchItems, options: BatchOptions = {}): Promise<string[]> {
  const ids: string[] = [];
  for await (const result of client.processBatch(items, options)) {
    ids.push(result.error ? `${result.itemId} ${result.error.name}` : result.itemId);
  }
  return ids.sort();
}

test("each item is answered once, from an iterable as from an asynchronous one", async () => {
  const { streams, client } = await batches(answer);
  const ids = [...numbered(200)].map(({ itemId }) => String(itemId));
  assert.deepEqual(await idsOf(client, numbered(200)), [...ids].sort());
  const slowly = async function* () {
    for (const each of numbered(200)) {
      if (Math.random() < 0.1) await sleep(1);
      yield each;
    }
  };
  assert.deepEqual(await idsOf(client, slowly()), [...ids].sort());
  assert.deepEqual(streams, [ids, ids]);
});

test("an empty batch is answered with nothing", async () => {
  const { client } = await batches(answer);
  assert.deepEqual(await idsOf(client, []), []);
});

test("a stream that breaks leaves its unanswered items, and only they, to the next one", async () => {
  const { streams, client } = await batches((call, itemId, stream, num) => {
    if (stream > 2 || num <= 10) answer(call, itemId);
    if (stream <= 2 && num === 15) call.emit("error", drained);
  });
  assert.deepEqual(await idsOf(client, numbered(100), { window: 16 }), [...idsUpTo(100)].sort());
  assert.equal(streams.length, 3);
  const again = streams.flat().filter((id, index, all) => all.indexOf(id) !== index);
  for (const id of ["i0", "i9"]) assert.ok(!again.includes(id), `${id} was answered and sent again`);
  assert.deepEqual(again.slice(0, 5), ["i10", "i11", "i12", "i13", "i14"]);
});

function idsUpTo(count: number): string[] {
  return Array.from({ length: count }, (_, number) => `i${number}`);
}

test("an item that a replica did not begin with goes to the next one; a failed one is a result", async () => {
  const { streams, client } = await batches((call, itemId, stream) => {
    const status = (code: StatusCode, reason: string) =>
      call.write(
        create(ProcessBatchResponseSchema, { itemId, outcome: { case: "error", value: statusOf(code, reason) } }),
      );
    if (itemId === "i1" && stream === 1) status(StatusCode.UNAVAILABLE, "SHUTTING_DOWN");
    else if (itemId === "i2") status(StatusCode.INVALID_ARGUMENT, "LANGUAGE_UNSUPPORTED");
    else answer(call, itemId);
  });
  const results = new Map<string, unknown>();
  for await (const result of client.processBatch(numbered(3))) {
    results.set(result.itemId, result.error?.constructor ?? result.outcome?.case);
  }
  assert.deepEqual(Object.fromEntries(results), {
    i0: "detectLanguage",
    i1: "detectLanguage",
    i2: LanguageUnsupportedError,
  });
  assert.deepEqual(streams, [["i0", "i1", "i2"], ["i1"]]);
});

test("no more items are read than the window has room for", async () => {
  let numRead = 0;
  let numAnswered = 0;
  let most = 0;
  const counted = function* () {
    for (const each of numbered(60)) {
      numRead += 1;
      most = Math.max(most, numRead - numAnswered);
      yield each;
    }
  };
  const { client } = await batches(answer);
  for await (const _ of client.processBatch(counted(), { window: 7 })) {
    numAnswered += 1;
    await sleep(1);
  }
  // One more than the window: the answer that makes room is noted before it is given.
  assert.ok(most >= 7 && most <= 8, `${most} items were under way`);
  await assert.rejects(idsOf(client, numbered(1), { window: 0 }), /window is 0/);
});

test("a batch that makes no progress gives up after its attempts", async () => {
  const { streams, client } = await batches((call) => call.emit("error", drained));
  await assert.rejects(idsOf(client, numbered(2)), ShuttingDownError);
  assert.equal(streams.length, 5);
});

test("its deadline spans its streams", async () => {
  const { client } = await batches((call, itemId, _, num) => {
    if (num === 1) setTimeout(() => answer(call, itemId), 50);
    if (num === 1) setTimeout(() => call.emit("error", drained), 60);
  });
  const late = (error: unknown) => error instanceof DeadlineExceededError || error instanceof ShuttingDownError;
  const begun = performance.now();
  await assert.rejects(idsOf(client, numbered(1000), { timeoutMs: 400 }), late);
  assert.ok(performance.now() - begun < 3000);
});

test("an id used twice or missing is answered with an error and not sent", async () => {
  const { streams, client } = await batches(answer);
  const ids = await idsOf(client, ["a", "a", "", "b"].map(item));
  assert.deepEqual(ids, [" InvalidRequestError", "a", "a ItemIdReusedError", "b"]);
  assert.deepEqual(streams, [["a", "b"]]);
});

test("a source that fails ends the batch with its own error", async () => {
  const { client } = await batches(() => {});
  const broken = async function* () {
    yield* numbered(2);
    await sleep(20);
    throw new Error("archive-3.jsonl cannot be read");
  };
  await assert.rejects(idsOf(client, broken()), /archive-3.jsonl cannot be read/);
});

test("an abort ends the batch at once, also while the source has nothing and the server says nothing", async () => {
  const { client } = await batches(() => {});
  let isClosed = false;
  const endless = async function* () {
    try {
      for (let number = 0; ; number++) {
        await sleep(10);
        yield item(`i${number}`);
      }
    } finally {
      isClosed = true;
    }
  };
  await assert.rejects(idsOf(client, endless(), { signal: AbortSignal.timeout(100) }), { name: "TimeoutError" });
  await sleep(50);
  assert.ok(isClosed, "the source was not told that nobody reads it");
});

test("leaving the loop cancels the stream and closes the source", async () => {
  let isClosed = false;
  let isCancelled = false;
  const { client } = await batches((call, itemId) => {
    call.on("cancelled", () => {
      isCancelled = true;
    });
    answer(call, itemId);
  });
  const closing = function* () {
    try {
      yield* numbered(1000);
    } finally {
      isClosed = true;
    }
  };
  for await (const _ of client.processBatch(closing(), { window: 3 })) break;
  for (let waited = 0; waited < 100 && !isCancelled; waited++) await sleep(10);
  assert.deepEqual({ isClosed, isCancelled }, { isClosed: true, isCancelled: true });
});

test("a stream that something on the way cancels is opened again", async () => {
  const { streams, client } = await batches((call, itemId, stream) => {
    if (stream === 1) call.emit("error", { code: StatusCode.CANCELLED, details: "by a proxy" });
    else answer(call, itemId);
  });
  assert.deepEqual(await idsOf(client, numbered(3)), ["i0", "i1", "i2"]);
  assert.equal(streams.length, 2);
});
