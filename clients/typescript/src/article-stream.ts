/** One article over as many streams as it takes: no part is given twice. */

import { create, equals, type MessageInitShape } from "@bufbuild/protobuf";
import { status as StatusCode } from "@grpc/grpc-js";

import { type Connection, read } from "./connection.js";
import { TriwireError, UnavailableError } from "./errors.js";
import { type Article, ArticleSchema } from "./gen/triwire/v1/article_pb.js";
import {
  ArticleService,
  ProcessArticleRequestSchema,
  type StreamProcessArticleResponse,
  StreamProcessArticleRequestSchema,
  type SummaryStyle,
} from "./gen/triwire/v1/article_service_pb.js";
import type { Attempts } from "./retry.js";

/**
 * The parts of an article; see `TriwireClient.streamProcessArticle`. A part that is new makes the attempts count anew.
 *
 * @throws TriwireError the last stream's failure; the first one's if another replica reads the article differently
 */
export async function* runArticleStream(
  connection: Connection,
  article: MessageInitShape<typeof ProcessArticleRequestSchema>,
  attempts: Attempts,
): AsyncGenerator<StreamProcessArticleResponse, void, undefined> {
  const request = create(ProcessArticleRequestSchema, article);
  const given = new Given();
  let firstFailure: TriwireError | undefined;
  for (;;) {
    // Later streams go under the request id of the first, so that logs show one request.
    const message = create(StreamProcessArticleRequestSchema, {
      request: { ...request, requestId: given.requestId || request.requestId },
    });
    const stream = connection.serverStream(ArticleService.method.streamProcessArticle, message, attempts.begin());
    let failure: TriwireError = new UnavailableError("the stream ended before its last part", {
      code: StatusCode.UNAVAILABLE,
    });
    try {
      for await (const response of read(stream, attempts.signal)) {
        if (given.isOther(response) && firstFailure) {
          firstFailure.note = "not gone on with: another replica reads the article differently";
          throw firstFailure;
        }
        if (given.add(response)) {
          attempts.noteProgress();
          yield response;
        }
      }
    } catch (error) {
      if (!(error instanceof TriwireError) || error === firstFailure) throw error;
      failure = error;
    }
    if (given.isComplete) return;
    firstFailure ??= failure;
    await attempts.wait(failure);
  }
}

/** Which parts of an article the caller has. */
class Given {
  readonly #keys = new Set<string>();
  #source: Article | undefined;
  requestId = "";

  get isComplete(): boolean {
    return this.#keys.has("usage");
  }

  /** Whether a part begins another article, as another version of the server may make of the same text. */
  isOther({ part }: StreamProcessArticleResponse): boolean {
    if (part.case !== "started" || !this.#source) return false;
    return !part.value.source || !equals(ArticleSchema, part.value.source, this.#source);
  }

  /** Notes a part; false if the caller has it, or was told that it failed. */
  add({ part }: StreamProcessArticleResponse): boolean {
    if (part.case === "started" && !this.#source) {
      this.#source = part.value.source;
      this.requestId = part.value.requestId;
    }
    const key = this.#keyOf(part);
    if (this.#keys.has(key)) return false;
    if (part.case === "block" && this.#keys.has(`translation ${part.value.targetLanguage}`)) return false;
    this.#keys.add(key);
    return true;
  }

  #keyOf(part: StreamProcessArticleResponse["part"]): string {
    switch (part.case) {
      case "block":
        return `block ${part.value.targetLanguage} ${part.value.block?.block?.blockId}`;
      case "translation":
        return `translation ${part.value.targetLanguage}`;
      case "summary":
        return this.#summaryKey(part.value.style, part.value.targetLanguage);
      case "error":
        return part.value.summaryStyle
          ? this.#summaryKey(part.value.summaryStyle, part.value.targetLanguage)
          : `translation ${part.value.targetLanguage}`;
      default:
        return String(part.case);
    }
  }

  #summaryKey(style: SummaryStyle, language: string): string {
    // The language of an error is that of the request, where empty means the article's.
    return `summary ${style} ${language || this.#source?.language}`;
  }
}
