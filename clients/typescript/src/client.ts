/** The client: one typed method for each call of the contract. */

import {
  create,
  type DescMessage,
  type DescMethodUnary,
  type MessageInitShape,
  type MessageShape,
} from "@bufbuild/protobuf";

import { runArticleStream } from "./article-stream.js";
import { type BatchItems, type BatchResult, runBatch } from "./batch.js";
import { type CallOptions, type ClientOptions, Connection } from "./connection.js";
import {
  ArticleService,
  type DetectLanguageRequestSchema,
  type DetectLanguageResponse,
  type ExtractArticleRequestSchema,
  type ExtractArticleResponse,
  type ListModelsResponse,
  ListModelsResponseSchema,
  type ProcessArticleRequestSchema,
  type ProcessArticleResponse,
  type StreamProcessArticleResponse,
  type SummarizeRequestSchema,
  type SummarizeResponse,
  type TranslateRequestSchema,
  type TranslateResponse,
} from "./gen/triwire/v1/article_service_pb.js";
import {
  type CreateGlossaryRequestSchema,
  type CreateGlossaryResponse,
  type DeleteGlossaryRequestSchema,
  type DeleteGlossaryResponse,
  type GetGlossaryRequestSchema,
  type GetGlossaryResponse,
  type Glossary,
  GlossaryService,
  type UpdateGlossaryRequestSchema,
  type UpdateGlossaryResponse,
} from "./gen/triwire/v1/glossary_service_pb.js";

/** A message of the contract as it may be written: a plain object with the fields that are to be set. */
type Init<S extends DescMessage> = MessageInitShape<S>;

/** Options of a call that fetches as many pages as there are. */
export interface ListOptions extends CallOptions {
  /** Entries of one page; by default as the server has it. `timeoutMs` is for each page. */
  readonly pageSize?: number | undefined;
}

export interface BatchOptions extends CallOptions {
  /** Unanswered items at most; default 64. */
  readonly window?: number | undefined;
}

/**
 * Calls a triwire service. One client serves any number of concurrent calls: keep it, and `close()` it at the end.
 *
 * Every call fails with a `TriwireError`, as its subclass for the reason, or with the reason of its `signal`.
 */
export class TriwireClient {
  readonly #connection: Connection;

  /** @throws PlaintextTokenError the token would go over the network in plaintext */
  constructor(options: ClientOptions = {}) {
    this.#connection = new Connection(options);
  }

  /** Where the server is. */
  get target(): string {
    return this.#connection.target;
  }

  /** Closes the connection; calls under way may finish. */
  close(): void {
    this.#connection.close();
  }

  /** Translates content into one language, block by block. */
  translate(request: Init<typeof TranslateRequestSchema>, options?: CallOptions): Promise<TranslateResponse> {
    return this.#call(ArticleService.method.translate, request, options);
  }

  /** Summarizes content, in its own language or in another. */
  summarize(request: Init<typeof SummarizeRequestSchema>, options?: CallOptions): Promise<SummarizeResponse> {
    return this.#call(ArticleService.method.summarize, request, options);
  }

  /** Turns text or HTML into an article with labelled blocks. */
  extractArticle(
    request: Init<typeof ExtractArticleRequestSchema>,
    options?: CallOptions,
  ): Promise<ExtractArticleResponse> {
    return this.#call(ArticleService.method.extractArticle, request, options);
  }

  /** Names the languages in content, most likely first. */
  detectLanguage(
    request: Init<typeof DetectLanguageRequestSchema>,
    options?: CallOptions,
  ): Promise<DetectLanguageResponse> {
    return this.#call(ArticleService.method.detectLanguage, request, options);
  }

  /** Extracts, summarizes and translates in one call. */
  processArticle(
    request: Init<typeof ProcessArticleRequestSchema>,
    options?: CallOptions,
  ): Promise<ProcessArticleResponse> {
    return this.#call(ArticleService.method.processArticle, request, options);
  }

  /**
   * `processArticle` with each part as soon as it is ready; the usage comes last.
   *
   * A stream that breaks is opened again, by another replica if there is one; parts that came before are not given
   * twice. The usage is that of the last stream. Leaving the loop cancels the call.
   */
  streamProcessArticle(
    request: Init<typeof ProcessArticleRequestSchema>,
    options: CallOptions = {},
  ): AsyncGenerator<StreamProcessArticleResponse, void, undefined> {
    return runArticleStream(this.#connection, request, this.#connection.attempts(options));
  }

  /**
   * Sends any number of items over one stream and gives each answer as it comes, in order of completion.
   *
   * If the stream breaks or its replica shuts down, the items without an answer, and only they, are sent again over
   * another one, to another replica if there is one. A failed item throws nothing: it is a result with an error.
   *
   * @param items with ids that are unique; read only as fast as answers come
   * @param options `timeoutMs` is for the whole batch; by default there is no limit
   */
  processBatch(items: BatchItems, options: BatchOptions = {}): AsyncGenerator<BatchResult, void, undefined> {
    const attempts = this.#connection.attempts(options, { timeoutMs: Number.POSITIVE_INFINITY });
    return runBatch(this.#connection, items, options.window ?? 64, attempts);
  }

  /** Every model of the deployment, over all pages, and its limits. */
  async listModels({ pageSize = 0, ...options }: ListOptions = {}): Promise<ListModelsResponse> {
    const whole = create(ListModelsResponseSchema);
    let pageToken = "";
    do {
      const page = await this.#call(ArticleService.method.listModels, { pageSize, pageToken }, options);
      whole.models.push(...page.models);
      if (page.limits) whole.limits = page.limits;
      pageToken = page.nextPageToken;
    } while (pageToken);
    return whole;
  }

  /** Creates a glossary. Not repeated where the outcome is unknown: `getGlossary` tells whether it was created. */
  createGlossary(
    request: Init<typeof CreateGlossaryRequestSchema>,
    options?: CallOptions,
  ): Promise<CreateGlossaryResponse> {
    return this.#call(GlossaryService.method.createGlossary, request, options, false);
  }

  /** A glossary with its terms. */
  getGlossary(request: Init<typeof GetGlossaryRequestSchema>, options?: CallOptions): Promise<GetGlossaryResponse> {
    return this.#call(GlossaryService.method.getGlossary, request, options);
  }

  /** Every glossary in order of name, without terms; pages are fetched as they are needed. */
  async *listGlossaries({ pageSize = 0, ...options }: ListOptions = {}): AsyncGenerator<Glossary, void, undefined> {
    let pageToken = "";
    do {
      const page = await this.#call(GlossaryService.method.listGlossaries, { pageSize, pageToken }, options);
      yield* page.glossaries;
      pageToken = page.nextPageToken;
    } while (pageToken);
  }

  /**
   * Replaces a glossary as a whole: with an etag set only while that is the current one, so what was read with
   * `getGlossary` and changed cannot undo what somebody else did meanwhile. With an etag it is not repeated where the
   * outcome is unknown.
   */
  updateGlossary(
    request: Init<typeof UpdateGlossaryRequestSchema>,
    options?: CallOptions,
  ): Promise<UpdateGlossaryResponse> {
    return this.#call(GlossaryService.method.updateGlossary, request, options, !request.glossary?.etag);
  }

  /** Deletes a glossary. Not repeated where the outcome is unknown: `getGlossary` tells whether it is still there. */
  deleteGlossary(
    request: Init<typeof DeleteGlossaryRequestSchema>,
    options?: CallOptions,
  ): Promise<DeleteGlossaryResponse> {
    return this.#call(GlossaryService.method.deleteGlossary, request, options, false);
  }

  #call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
    isRepeatable = true,
  ): Promise<MessageShape<O>> {
    return this.#connection.unary(method, request, this.#connection.attempts(options, { isRepeatable }));
  }
}
