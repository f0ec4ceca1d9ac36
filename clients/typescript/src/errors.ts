/**
 * One class for each reason of the contract.
 *
 * TriwireError
 * ├── InvalidRequestError            INVALID_FIELD; `violations` names every field at once
 * │   ├── ContentTooLargeError       CONTENT_TOO_LARGE
 * │   ├── LanguageUnsupportedError   LANGUAGE_UNSUPPORTED
 * │   ├── LanguageUndetectedError    LANGUAGE_UNDETECTED
 * │   ├── NoArticleTextError         NO_ARTICLE_TEXT
 * │   └── ItemIdReusedError          ITEM_ID_REUSED
 * ├── NotFoundError
 * │   ├── GlossaryNotFoundError      GLOSSARY_NOT_FOUND
 * │   └── ModelNotFoundError         MODEL_NOT_FOUND
 * ├── GlossaryExistsError            GLOSSARY_EXISTS
 * ├── EtagMismatchError              ETAG_MISMATCH
 * ├── CredentialsInvalidError        CREDENTIALS_INVALID
 * ├── AccessDeniedError              ACCESS_DENIED
 * ├── QueueFullError                 QUEUE_FULL
 * │   └── QuotaExceededError         QUOTA_EXCEEDED
 * ├── UnavailableError               the server cannot be reached
 * │   ├── ShuttingDownError          SHUTTING_DOWN
 * │   ├── StartingError              STARTING
 * │   ├── GlossariesUnavailableError GLOSSARIES_UNAVAILABLE
 * │   └── ModelUnavailableError      MODEL_UNAVAILABLE
 * ├── DeadlineExceededError          DEADLINE
 * ├── InferenceFailedError           INFERENCE_FAILED
 * ├── NotImplementedByServerError    the server does not have this method yet
 * └── CancelledError                 cancelled on the way, not by this caller
 */

import { fromBinary } from "@bufbuild/protobuf";
import { anyUnpack, durationMs } from "@bufbuild/protobuf/wkt";
import { type ServiceError, status as StatusCode } from "@grpc/grpc-js";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "./gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "./gen/google/rpc/status_pb.js";

/** What is wrong with one field of a request. */
export interface Violation {
  /** Path from the request message: "content.article.blocks[3].block_id". */
  readonly field: string;
  readonly description: string;
}

/** What is known of a failure beside its message. */
export interface ErrorFacts {
  readonly code?: StatusCode;
  readonly reason?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly Violation[];
  readonly retryDelayMs?: number | undefined;
  readonly requestId?: string;
  readonly cause?: unknown;
}

/** A call, item or part that failed; of the class of its reason, or of this one for a reason that is not known. */
export class TriwireError extends Error {
  /** Status code of gRPC. */
  readonly code: StatusCode;
  /** Reason of the contract ("QUEUE_FULL"); empty if the server gave none. */
  readonly reason: string;
  /** Values that belong to the reason (limit, actual, maximum, source, target). */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every violation of a refused request. */
  readonly violations: readonly Violation[];
  /** Milliseconds after which the server asks to try again; undefined if it did not say. */
  readonly retryDelayMs: number | undefined;
  /** Under which the server logged the call; empty if unknown. */
  readonly requestId: string;
  /** Why it was not tried again, where that is not plain. */
  note = "";

  constructor(message: string, facts: ErrorFacts = {}) {
    super(message, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = new.target.name;
    this.code = facts.code ?? StatusCode.UNKNOWN;
    this.reason = facts.reason ?? "";
    this.metadata = facts.metadata ?? {};
    this.violations = facts.violations ?? [];
    this.retryDelayMs = facts.retryDelayMs;
    this.requestId = facts.requestId ?? "";
  }
}

/** The request breaks the contract. */
export class InvalidRequestError extends TriwireError {}
/** The content is above a limit; `metadata` has limit, actual and maximum. */
export class ContentTooLargeError extends InvalidRequestError {}
/** A language or direction is not served; `metadata` has source and target. */
export class LanguageUnsupportedError extends InvalidRequestError {}
/** The language could not be told from the text; give it. */
export class LanguageUndetectedError extends InvalidRequestError {}
/** The page holds no article text. */
export class NoArticleTextError extends InvalidRequestError {}
/** An item id was used twice in a batch. */
export class ItemIdReusedError extends InvalidRequestError {}
/** A named resource does not exist. */
export class NotFoundError extends TriwireError {}
/** There is no glossary of this name. */
export class GlossaryNotFoundError extends NotFoundError {}
/** There is no model of this name. */
export class ModelNotFoundError extends NotFoundError {}
/** The glossary id is taken. */
export class GlossaryExistsError extends TriwireError {}
/** The glossary was changed meanwhile: read it, merge, and try again. */
export class EtagMismatchError extends TriwireError {}
/** No credentials, or wrong ones. */
export class CredentialsInvalidError extends TriwireError {}
/** The credentials do not allow this. */
export class AccessDeniedError extends TriwireError {}
/** The server takes no more work of this priority; try again after `retryDelayMs`. */
export class QueueFullError extends TriwireError {}
/** This caller holds, or has used, as much as it may; try again after `retryDelayMs`. */
export class QuotaExceededError extends QueueFullError {}
/** The server cannot be reached, or does not answer now. */
export class UnavailableError extends TriwireError {}
/** The replica shuts down; another one answers. */
export class ShuttingDownError extends UnavailableError {}
/** The server still loads its models. */
export class StartingError extends UnavailableError {}
/** What keeps the server's glossaries does not answer now. */
export class GlossariesUnavailableError extends UnavailableError {}
/** The machine that a model runs on is away or full; try again after `retryDelayMs`. */
export class ModelUnavailableError extends UnavailableError {}
/** The time given was not enough. */
export class DeadlineExceededError extends TriwireError {}
/** The model failed on this input alone. */
export class InferenceFailedError extends TriwireError {}
/** The server does not have this method. */
export class NotImplementedByServerError extends TriwireError {}
/** The call was cancelled on its way, not by this caller. */
export class CancelledError extends TriwireError {}

type ErrorClass = new (message: string, facts?: ErrorFacts) => TriwireError;

/** Class for each reason of the contract. */
export const errorByReason: ReadonlyMap<string, ErrorClass> = new Map<string, ErrorClass>([
  ["INVALID_FIELD", InvalidRequestError],
  ["CONTENT_TOO_LARGE", ContentTooLargeError],
  ["LANGUAGE_UNSUPPORTED", LanguageUnsupportedError],
  ["LANGUAGE_UNDETECTED", LanguageUndetectedError],
  ["NO_ARTICLE_TEXT", NoArticleTextError],
  ["ITEM_ID_REUSED", ItemIdReusedError],
  ["GLOSSARY_NOT_FOUND", GlossaryNotFoundError],
  ["MODEL_NOT_FOUND", ModelNotFoundError],
  ["GLOSSARY_EXISTS", GlossaryExistsError],
  ["ETAG_MISMATCH", EtagMismatchError],
  ["CREDENTIALS_INVALID", CredentialsInvalidError],
  ["ACCESS_DENIED", AccessDeniedError],
  ["QUEUE_FULL", QueueFullError],
  ["QUOTA_EXCEEDED", QuotaExceededError],
  ["SHUTTING_DOWN", ShuttingDownError],
  ["STARTING", StartingError],
  ["GLOSSARIES_UNAVAILABLE", GlossariesUnavailableError],
  ["MODEL_UNAVAILABLE", ModelUnavailableError],
  ["DEADLINE", DeadlineExceededError],
  ["INFERENCE_FAILED", InferenceFailedError],
]);

const errorByCode: ReadonlyMap<number, ErrorClass> = new Map<number, ErrorClass>([
  [StatusCode.INVALID_ARGUMENT, InvalidRequestError],
  [StatusCode.NOT_FOUND, NotFoundError],
  [StatusCode.UNAUTHENTICATED, CredentialsInvalidError],
  [StatusCode.PERMISSION_DENIED, AccessDeniedError],
  [StatusCode.UNAVAILABLE, UnavailableError],
  [StatusCode.DEADLINE_EXCEEDED, DeadlineExceededError],
  [StatusCode.UNIMPLEMENTED, NotImplementedByServerError],
  [StatusCode.CANCELLED, CancelledError],
]);

/** The error for a `google.rpc.Status`: of a call, an item of a batch or a part of a stream. */
export function fromStatus(status: Status, requestId = "", cause?: unknown): TriwireError {
  let reason = "";
  let metadata: Record<string, string> = {};
  let violations: Violation[] = [];
  let retryDelayMs: number | undefined;
  for (const detail of status.details) {
    const info = anyUnpack(detail, ErrorInfoSchema);
    const bad = anyUnpack(detail, BadRequestSchema);
    const retry = anyUnpack(detail, RetryInfoSchema);
    if (info) ({ reason, metadata } = info);
    if (bad) violations = bad.fieldViolations.map(({ field, description }) => ({ field, description }));
    if (retry?.retryDelay) retryDelayMs = durationMs(retry.retryDelay);
  }
  const code: StatusCode = status.code in StatusCode ? status.code : StatusCode.UNKNOWN;
  const Kind = errorByReason.get(reason) ?? errorByCode.get(code) ?? TriwireError;
  return new Kind(status.message, { code, reason, metadata, violations, retryDelayMs, requestId, cause });
}

/** The error for a failed call, from its rich status where it has one. */
export function fromServiceError(error: ServiceError): TriwireError {
  const requestId = String(error.metadata.get("triwire-request-id")[0] ?? "");
  const [details] = error.metadata.get("grpc-status-details-bin");
  try {
    if (details instanceof Uint8Array) {
      const status = fromBinary(StatusSchema, details);
      if (status.code === error.code) return fromStatus(status, requestId, error);
    }
  } catch {
    // Not a status: something between rewrote the answer. What gRPC says is left.
  }
  const Kind = errorByCode.get(error.code) ?? TriwireError;
  return new Kind(error.details || String(StatusCode[error.code]), { code: error.code, requestId, cause: error });
}
