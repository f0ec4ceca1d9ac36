/** One batch over as many streams as it takes: a window of unanswered items, and none lost or answered twice. */

import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { type ClientDuplexStream, status as StatusCode } from "@grpc/grpc-js";

import { type Connection, read } from "./connection.js";
import {
  fromStatus,
  InvalidRequestError,
  ItemIdReusedError,
  ShuttingDownError,
  TriwireError,
  UnavailableError,
} from "./errors.js";
import {
  ArticleService,
  type ProcessBatchRequest,
  ProcessBatchRequestSchema,
  type ProcessBatchResponse,
} from "./gen/triwire/v1/article_service_pb.js";
import type { Attempts } from "./retry.js";

export type BatchItem = MessageInitShape<typeof ProcessBatchRequestSchema>;
export type BatchItems = Iterable<BatchItem> | AsyncIterable<BatchItem>;

/** A response of the kind that the item asked for: `case` is "translate", "summarize", ... */
export type BatchOutcome = Exclude<ProcessBatchResponse["outcome"], { case: "error" } | { case: undefined }>;

/** The answer to one item: a response, or the error that a call of its own would have failed with. */
export type BatchResult =
  | { readonly itemId: string; readonly outcome: BatchOutcome; readonly error?: never }
  | { readonly itemId: string; readonly error: TriwireError; readonly outcome?: never };

type Stream = ClientDuplexStream<ProcessBatchRequest, ProcessBatchResponse>;

/**
 * Answers to items, in order of completion; see `TriwireClient.processBatch`. An answer makes the attempts count anew.
 *
 * @throws RangeError the window is below 1
 * @throws TriwireError the last stream's failure
 * @throws whatever reading the items threw
 */
export async function* runBatch(
  connection: Connection,
  items: BatchItems,
  window: number,
  attempts: Attempts,
): AsyncGenerator<BatchResult, void, undefined> {
  if (!(window >= 1)) throw new RangeError(`window is ${window}; at least 1 item has to be under way`);
  const batch = new Batch(items, window);
  try {
    for (;;) {
      const stream = connection.bidiStream(ArticleService.method.processBatch, attempts.begin());
      let failure: TriwireError = new UnavailableError("the stream ended before every item was answered", {
        code: StatusCode.UNAVAILABLE,
      });
      try {
        batch.sendOver(stream);
        for await (const answer of read(stream, attempts.signal)) {
          yield* batch.takeRefused();
          const result = resultOf(answer);
          // An item that the replica did not begin with is left for the stream to the next one.
          if (!(result.error instanceof ShuttingDownError) && batch.answer(answer.itemId)) {
            attempts.noteProgress();
            yield result;
          }
        }
      } catch (error) {
        if (!(error instanceof TriwireError)) throw error;
        failure = error;
      } finally {
        batch.sendOver(undefined);
      }
      batch.throwIfItemsFailed(); // which ended the stream, or happened between two streams
      yield* batch.takeRefused();
      if (batch.isFinished) return;
      await attempts.wait(failure);
    }
  } finally {
    batch.close();
  }
}

/** The items of a batch: which are under way, and which never were because their id cannot name them. */
class Batch {
  readonly #items: Iterator<BatchItem> | AsyncIterator<BatchItem>;
  readonly #window: number;
  readonly #seen = new Set<string>();
  readonly #unanswered = new Map<string, ProcessBatchRequest>();
  #refused: BatchResult[] = [];
  #stream: Stream | undefined;
  #isReading = false;
  #isExhausted = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(items: BatchItems, window: number) {
    this.#items = Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
    this.#window = window;
  }

  /** Whether every item was read and answered. */
  get isFinished(): boolean {
    return this.#isExhausted && this.#unanswered.size === 0;
  }

  /** Sends what an earlier stream left unanswered, then the rest as there is room; undefined: nothing any more. */
  sendOver(stream: Stream | undefined): void {
    this.#stream = stream;
    if (!stream) return;
    // Writes are not waited for: what is buffered is bounded by the window, and is kept for another stream anyway.
    for (const item of this.#unanswered.values()) stream.write(item);
    if (this.#isExhausted) stream.end();
    else void this.#read();
  }

  /** Notes an answer, which makes room for another item; false if nobody waits for it. */
  answer(itemId: string): boolean {
    const isAwaited = this.#unanswered.delete(itemId);
    void this.#read();
    return isAwaited;
  }

  /** Answers that need no server: to items without an id of their own. */
  takeRefused(): readonly BatchResult[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  throwIfItemsFailed(): void {
    if (this.#failure) throw this.#failure.error;
  }

  /** Stops reading the items. */
  close(): void {
    // Not waited for: a source that is asked for its next item answers this only after that.
    if (!this.#isExhausted) void (async () => this.#items.return?.())().catch(() => {});
  }

  /** Reads items and sends them while there is a stream and room; what is read once all that is over is kept. */
  async #read(): Promise<void> {
    if (this.#isReading) return;
    this.#isReading = true;
    try {
      while (this.#stream && !this.#isExhausted && this.#unanswered.size < this.#window) {
        const next = await this.#items.next();
        if (next.done) {
          this.#isExhausted = true;
          this.#stream?.end();
        } else {
          this.#send(create(ProcessBatchRequestSchema, next.value));
        }
      }
    } catch (error) {
      this.#failure = { error };
      this.#isExhausted = true;
      this.#stream?.cancel();
    } finally {
      this.#isReading = false;
    }
  }

  #send(item: ProcessBatchRequest): void {
    const refusal = refusalOf(item.itemId, this.#seen);
    if (refusal) {
      this.#refused.push({ itemId: item.itemId, error: refusal });
      return;
    }
    this.#seen.add(item.itemId);
    this.#unanswered.set(item.itemId, item);
    this.#stream?.write(item);
  }
}

/** Refused here and not by the server, which on a second stream would not know the ids of the first. */
function refusalOf(itemId: string, seen: ReadonlySet<string>): TriwireError | undefined {
  const code = StatusCode.INVALID_ARGUMENT;
  if (!itemId) {
    const violations = [{ field: "item_id", description: "is required" }];
    return new InvalidRequestError("item_id: is required", { code, reason: "INVALID_FIELD", violations });
  }
  if (!seen.has(itemId)) return undefined;
  const description = "was used before in this batch";
  return new ItemIdReusedError(`item_id: ${description}`, {
    code,
    reason: "ITEM_ID_REUSED",
    metadata: { item_id: itemId },
    violations: [{ field: "item_id", description }],
  });
}

function resultOf({ itemId, outcome }: ProcessBatchResponse): BatchResult {
  if (outcome.case === "error") return { itemId, error: fromStatus(outcome.value) };
  if (outcome.case !== undefined) return { itemId, outcome };
  return { itemId, error: new TriwireError("the answer has neither response nor error") };
}
