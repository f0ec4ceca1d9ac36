import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, describe, test } from "node:test";
import type { sendUnaryData, ServerUnaryCall } from "@grpc/grpc-js";

import {
  DEFAULT_RETRY,
  DeadlineExceededError,
  fromStatus,
  GlossaryExistsError,
  InvalidRequestError,
  NotImplementedByServerError,
  QueueFullError,
  type RetryPolicy,
  StatusCode,
  text,
  TriwireError,
  UnavailableError,
} from "../src/index.js";
import { RetryBudget, retryDelay } from "../src/retry.js";
import { failure, type Scripted, scripted, statusOf } from "./scripted.js";

const policy: RetryPolicy = { ...DEFAULT_RETRY, initialMs: 100, maxMs: 1000, random: () => 1 };
const errorOf = (code: StatusCode, reason = "", delayMs?: number) => fromStatus(statusOf(code, reason, delayMs));
const lost = errorOf(StatusCode.UNAVAILABLE);

describe("the delay", () => {
  test("doubles up to the longest, as a random share, for a bounded number of attempts", () => {
    const patient = { ...policy, maxAttempts: 7 };
    const delays = [1, 2, 3, 4, 5, 6, 7].map((attempt) => retryDelay(patient, lost, attempt));
    assert.deepEqual(delays, [100, 200, 400, 800, 1000, 1000, undefined]);
    assert.equal(retryDelay({ ...policy, random: () => 0.25 }, lost, 2), 50);
  });

  test("is the server's where it asked for one", () => {
    assert.equal(retryDelay(policy, errorOf(StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 30_000), 1), 30_000);
    assert.equal(retryDelay(policy, errorOf(StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0), 1), 0);
  });

  test("is none for what fails again; a failed inference is tried once more", () => {
    const final: [StatusCode, string][] = [
      [StatusCode.INVALID_ARGUMENT, "INVALID_FIELD"],
      [StatusCode.NOT_FOUND, "MODEL_NOT_FOUND"],
      [StatusCode.UNAUTHENTICATED, "CREDENTIALS_INVALID"],
      [StatusCode.PERMISSION_DENIED, "ACCESS_DENIED"],
      [StatusCode.DEADLINE_EXCEEDED, "DEADLINE"],
      [StatusCode.INTERNAL, ""],
      [StatusCode.RESOURCE_EXHAUSTED, ""],
    ];
    for (const [code, reason] of final) assert.equal(retryDelay(policy, errorOf(code, reason), 1), undefined, reason);
    const failed = errorOf(StatusCode.INTERNAL, "INFERENCE_FAILED");
    assert.deepEqual(
      [1, 2].map((attempt) => retryDelay(policy, failed, attempt)),
      [100, undefined],
    );
  });

  test("is none for a change whose outcome is unknown", () => {
    for (const reason of ["QUEUE_FULL", "SHUTTING_DOWN", "STARTING"]) {
      assert.notEqual(retryDelay(policy, errorOf(StatusCode.UNAVAILABLE, reason), 1, false), undefined, reason);
    }
    assert.equal(retryDelay(policy, errorOf(StatusCode.UNAVAILABLE, "GLOSSARIES_UNAVAILABLE"), 1, false), undefined);
    assert.equal(retryDelay(policy, lost, 1, false), undefined);
  });
});

test("retries of all calls are a share of them beyond a reserve; a wait that the server asked for is free", () => {
  let now = 0;
  const budget = new RetryBudget({ ...policy, budgetShare: 0.5, budgetReserve: 2 }, () => now);
  assert.deepEqual([budget.take(lost), budget.take(lost), budget.take(lost)], [true, true, false]);
  assert.equal(budget.take(errorOf(StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 1500)), true);
  assert.equal(budget.take(errorOf(StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0)), false);
  budget.noteCall();
  budget.noteCall();
  assert.deepEqual([budget.take(lost), budget.take(lost)], [true, false]);
  now = 60_000;
  assert.deepEqual([budget.take(lost), budget.take(lost), budget.take(lost)], [true, true, false]);
});

describe("a call", () => {
  let server: Scripted | undefined;
  afterEach(() => server?.stop());
  const quick = { retry: { initialMs: 5, maxMs: 10 } };

  /** Fails so often, then answers; gives the times of the calls. */
  async function failing(method: string, times: number, code: StatusCode, reason = "", delayMs?: number) {
    const calls: number[] = [];
    const handler = (_: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) => {
      calls.push(performance.now());
      if (calls.length <= times) answer(failure(code, reason, delayMs));
      else answer(null, {});
    };
    server = await scripted({ [method]: handler }, quick);
    return { calls, client: server.client };
  }

  test("is made again after the delay that the server asks for", async () => {
    const { calls, client } = await failing("detectLanguage", 2, StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 150);
    await client.detectLanguage({ content: text("a") });
    const [first = 0, second = 0, third = 0] = calls;
    assert.equal(calls.length, 3);
    for (const waited of [second - first, third - second]) assert.ok(waited >= 149 && waited < 1000, `${waited} ms`);
  });

  test("gives up after the last attempt with the last failure, which has all that the server told", async () => {
    const { calls, client } = await failing("detectLanguage", 99, StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 5);
    await assert.rejects(client.detectLanguage({ content: text("a") }), (error: unknown) => {
      assert.ok(error instanceof QueueFullError);
      const { name, code, reason, retryDelayMs, requestId, message } = error;
      const told = { code: 8, reason: "QUEUE_FULL", retryDelayMs: 5, requestId: "r-1" };
      assert.deepEqual({ code, reason, retryDelayMs, requestId }, told);
      assert.deepEqual([name, message], ["QueueFullError", "RESOURCE_EXHAUSTED as told"]);
      return true;
    });
    assert.equal(calls.length, 5);
  });

  test("that is wrong is made once, and names every field", async () => {
    const { calls, client } = await failing("translate", 99, StatusCode.INVALID_ARGUMENT, "INVALID_FIELD");
    await assert.rejects(client.translate({}), (error: unknown) => {
      assert.ok(error instanceof InvalidRequestError);
      assert.deepEqual(error.violations, [{ field: "target_language", description: "is required" }]);
      return true;
    });
    assert.equal(calls.length, 1);
  });

  test("does not begin a wait that would pass its deadline", async () => {
    const { calls, client } = await failing("detectLanguage", 99, StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 60_000);
    const begun = performance.now();
    await assert.rejects(client.detectLanguage({ content: text("a") }, { timeoutMs: 5000 }), QueueFullError);
    assert.ok(performance.now() - begun < 3000);
    assert.equal(calls.length, 1);
  });

  test("spans its attempts with one deadline", async () => {
    const { client } = await failing("detectLanguage", 99, StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 40);
    const call = client.detectLanguage({ content: text("a") }, { timeoutMs: 100 });
    await assert.rejects(call, (error) => error instanceof QueueFullError || error instanceof DeadlineExceededError);
  });

  test("that changes something is made once where the outcome is unknown, and again after a refusal", async () => {
    const unknown = await failing("createGlossary", 1, StatusCode.UNAVAILABLE);
    await assert.rejects(unknown.client.createGlossary({ glossaryId: "house" }), UnavailableError);
    assert.equal(unknown.calls.length, 1);
    server?.stop();
    const refused = await failing("createGlossary", 1, StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0);
    await refused.client.createGlossary({ glossaryId: "house" });
    assert.equal(refused.calls.length, 2);
  });

  test("replaces a glossary again where the outcome is unknown, unless it has an etag", async () => {
    const without = await failing("updateGlossary", 1, StatusCode.UNAVAILABLE);
    await without.client.updateGlossary({ glossary: { name: "glossaries/house" } });
    assert.equal(without.calls.length, 2);
    server?.stop();
    const withEtag = await failing("updateGlossary", 1, StatusCode.UNAVAILABLE);
    const glossary = { name: "glossaries/house", etag: "e" };
    await assert.rejects(withEtag.client.updateGlossary({ glossary }), UnavailableError);
    assert.equal(withEtag.calls.length, 1);
  });

  test("is of the class of its reason, or else of its code", async () => {
    server = await scripted({
      createGlossary: (_call: unknown, answer: sendUnaryData<unknown>) =>
        answer(failure(StatusCode.ALREADY_EXISTS, "GLOSSARY_EXISTS")),
      getGlossary: (_call: unknown, answer: sendUnaryData<unknown>) => answer({ code: StatusCode.DATA_LOSS }),
    });
    const { client } = server;
    await assert.rejects(client.createGlossary({}), GlossaryExistsError);
    await assert.rejects(client.deleteGlossary({}), NotImplementedByServerError);
    await assert.rejects(client.getGlossary({}), (error: unknown) => {
      return error instanceof TriwireError && error.name === "TriwireError" && error.code === StatusCode.DATA_LOSS;
    });
  });

  test("is refused when nobody is there, within its attempts", async () => {
    server = await scripted({}, { ...quick, target: "127.0.0.1:1" });
    await assert.rejects(server.client.listModels(), UnavailableError);
  });

  test("ends with the reason of its signal, while it is answered and while it waits to be made again", async () => {
    const told = new EventEmitter();
    const hang = (call: ServerUnaryCall<unknown, unknown>) => call.on("cancelled", () => told.emit("cancelled"));
    server = await scripted({ detectLanguage: hang });
    const cancelled = once(told, "cancelled");
    const stopped = server.client.detectLanguage({}, { signal: AbortSignal.timeout(50) });
    await assert.rejects(stopped, { name: "TimeoutError" });
    await cancelled;
    server.stop();
    const { client } = await failing("detectLanguage", 99, StatusCode.RESOURCE_EXHAUSTED, "QUEUE_FULL", 60_000);
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error("the editor left")), 50);
    await assert.rejects(client.detectLanguage({}, { signal: controller.signal }), /the editor left/);
    await assert.rejects(client.detectLanguage({}, { signal: controller.signal }), /the editor left/);
  });
});

test("the token goes with every call", async (context) => {
  const seen: unknown[] = [];
  const server = await scripted(
    {
      detectLanguage: (call: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>) => {
        seen.push(...call.metadata.get("authorization"));
        answer(null, {});
      },
    },
    { token: "t-1" },
  );
  context.after(() => server.stop());
  await server.client.detectLanguage({});
  await server.client.detectLanguage({});
  assert.deepEqual(seen, ["Bearer t-1", "Bearer t-1"]);
});
