/** Client of triwire: cleans, summarizes and translates news articles between English, Korean and Japanese. */

export { status as StatusCode } from "@grpc/grpc-js";

export type { BatchItem, BatchItems, BatchOutcome, BatchResult } from "./batch.js";
export { type BatchOptions, type ListOptions, TriwireClient } from "./client.js";
export { type CallOptions, type ClientOptions, DEFAULT_TARGET, DEFAULT_TIMEOUT_MS, type Tls } from "./connection.js";
export { article, html, type Reading, text } from "./content.js";
export * from "./errors.js";
export type { Status } from "./gen/google/rpc/status_pb.js";
export * from "./gen/triwire/v1/article_pb.js";
export * from "./gen/triwire/v1/article_service_pb.js";
export * from "./gen/triwire/v1/glossary_service_pb.js";
export { PlaintextTokenError } from "./plaintext.js";
export { bodyOf, type Range, slice, toUtf16 } from "./ranges.js";
export { DEFAULT_RETRY, type RetryPolicy } from "./retry.js";
