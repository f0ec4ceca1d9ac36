import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { afterEach, test } from "node:test";
import { create, type MessageInitShape } from "@bufbuild/protobuf";
import type { ServerWritableStream } from "@grpc/grpc-js";

import {
  ShuttingDownError,
  StatusCode,
  type StreamProcessArticleRequest,
  type StreamProcessArticleResponse,
  StreamProcessArticleResponseSchema,
  UnavailableError,
} from "../src/index.js";
import { failure, type Scripted, scripted } from "./scripted.js";

type Part = MessageInitShape<typeof StreamProcessArticleResponseSchema>["part"];
type Call = ServerWritableStream<StreamProcessArticleRequest, StreamProcessArticleResponse>;

const response = (part: Part) => create(StreamProcessArticleResponseSchema, part ? { part } : {});
const started = (...blockIds: string[]): Part => ({
  case: "started",
  value: { requestId: "first", source: { language: "en", blocks: blockIds.map((blockId) => ({ blockId })) } },
});
const block = (blockId: string): Part => ({
  case: "block",
  value: { targetLanguage: "ko", block: { block: { blockId } } },
});
const translation: Part = { case: "translation", value: { targetLanguage: "ko" } };
const summaryFailed: Part = { case: "error", value: { summaryStyle: 1, targetLanguage: "" } };
const summary: Part = { case: "summary", value: { style: 1, targetLanguage: "en" } };
const usage: Part = { case: "usage", value: {} };
const drained = failure(StatusCode.UNAVAILABLE, "SHUTTING_DOWN", 0);

let server: Scripted | undefined;
afterEach(() => server?.stop());

/** A server that gives these parts in turn, each time but the last with the failure behind them. */
async function streams(...turns: Part[][]) {
  const requestIds: string[] = [];
  const streamProcessArticle = (call: Call) => {
    requestIds.push(call.request.request?.requestId ?? "");
    for (const part of turns[requestIds.length - 1] ?? []) {
      call.write(response(part));
    }
    if (requestIds.length < turns.length) call.emit("error", drained);
    else call.end();
  };
  server = await scripted({ streamProcessArticle }, { retry: { initialMs: 5, maxMs: 10 } });
  return { requestIds, client: server.client };
}

function nameOf({ part }: StreamProcessArticleResponse): string {
  return part.case === "block" ? `block ${part.value.block?.block?.blockId}` : String(part.case);
}

test("a stream that breaks is gone on with, and no part is given twice", async () => {
  const { requestIds, client } = await streams(
    [started("a", "b"), block("a"), summaryFailed],
    [started("a", "b"), block("a"), block("b"), summary],
    [started("a", "b"), block("b"), block("a"), translation, summary, usage],
  );
  const parts: string[] = [];
  for await (const part of client.streamProcessArticle({ targetLanguages: ["ko"] })) parts.push(nameOf(part));
  assert.deepEqual(parts, ["started", "block a", "error", "block b", "translation", "usage"]);
  assert.deepEqual(requestIds, ["", "first", "first"]);
});

test("an article that another replica reads differently is not gone on with", async () => {
  const { requestIds, client } = await streams([started("a"), block("a")], [started("a", "b"), block("b"), usage]);
  const parts: string[] = [];
  await assert.rejects(
    async () => {
      for await (const part of client.streamProcessArticle({})) parts.push(nameOf(part));
    },
    (error: unknown) => error instanceof ShuttingDownError && error.note.includes("reads the article differently"),
  );
  assert.deepEqual(parts, ["started", "block a"]);
  assert.equal(requestIds.length, 2);
});

test("a stream that ends without its usage is incomplete", async () => {
  const incomplete = [started("a"), block("a")];
  const { requestIds, client } = await streams(incomplete);
  await assert.rejects(async () => {
    for await (const _ of client.streamProcessArticle({}));
  }, UnavailableError);
  assert.equal(requestIds.length, 5);
});

test("leaving the loop cancels the call", async () => {
  const told = new EventEmitter();
  const streamProcessArticle = (call: Call) => {
    call.on("cancelled", () => told.emit("cancelled"));
    call.write(response(block("a")));
  };
  server = await scripted({ streamProcessArticle });
  const cancelled = once(told, "cancelled");
  for await (const _ of server.client.streamProcessArticle({})) break;
  await cancelled;
});

test("an abort ends the loop with its reason, whether or not parts are waiting", async () => {
  const streamProcessArticle = (call: Call) => {
    for (const part of [started("a", "b"), block("a"), block("b")]) {
      call.write(response(part));
    }
  };
  server = await scripted({ streamProcessArticle });
  for (const when of ["started", "block b"]) {
    const controller = new AbortController();
    const parts: string[] = [];
    await assert.rejects(async () => {
      for await (const part of server?.client.streamProcessArticle({}, { signal: controller.signal }) ?? []) {
        parts.push(nameOf(part));
        if (nameOf(part) === when) controller.abort(new Error("the editor left"));
      }
    }, /the editor left/);
    assert.equal(parts.at(-1), when);
  }
});
