/** A gRPC server that misbehaves as a test tells it, on a free port of the loopback address. */

import { create, type DescMethod, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { anyPack, durationFromMs } from "@bufbuild/protobuf/wkt";
import * as grpc from "@grpc/grpc-js";

import { BadRequestSchema, ErrorInfoSchema, RetryInfoSchema } from "../src/gen/google/rpc/error_details_pb.js";
import { type Status, StatusSchema } from "../src/gen/google/rpc/status_pb.js";
import { ArticleService, type ProcessBatchResponseSchema } from "../src/gen/triwire/v1/article_service_pb.js";
import { GlossaryService } from "../src/gen/triwire/v1/glossary_service_pb.js";
import { type ClientOptions, TriwireClient } from "../src/index.js";

/** Answers by method, "detectLanguage"; what the test names no answer for is UNIMPLEMENTED. */
type Handlers = Record<string, grpc.UntypedHandleCall>;

export interface Scripted {
  readonly target: string;
  readonly client: TriwireClient;
  stop(): void;
}

/** Starts a server and a client for it. */
export async function scripted(handlers: Handlers, options: ClientOptions = {}): Promise<Scripted> {
  const server = new grpc.Server();
  for (const service of [ArticleService, GlossaryService]) {
    const methods: DescMethod[] = Object.values(service.method);
    const definitions = methods.map((method) => [method.localName, definitionOf(method)] as const);
    const known = Object.entries(handlers).filter(([name]) => name in service.method);
    server.addService(Object.fromEntries(definitions), Object.fromEntries(known));
  }
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    );
  });
  const target = `127.0.0.1:${port}`;
  const client = new TriwireClient({ target, token: "", tls: false, ...options });
  return {
    target,
    client,
    stop: () => {
      client.close();
      server.forceShutdown();
    },
  };
}

function definitionOf(method: DescMethod): grpc.MethodDefinition<any, any> {
  return {
    path: `/${method.parent.typeName}/${method.name}`,
    requestStream: method.methodKind === "bidi_streaming" || method.methodKind === "client_streaming",
    responseStream: method.methodKind === "bidi_streaming" || method.methodKind === "server_streaming",
    requestSerialize: (message) => Buffer.from(toBinary(method.input, message)),
    requestDeserialize: (bytes) => fromBinary(method.input, bytes),
    responseSerialize: (message) => Buffer.from(toBinary(method.output, create(method.output, message))),
    responseDeserialize: (bytes) => fromBinary(method.output, bytes),
  };
}

/** A failure as the contract has it, for a call to end with. */
export function failure(code: grpc.status, reason = "", retryDelayMs?: number): Partial<grpc.StatusObject> {
  const metadata = new grpc.Metadata();
  const status = statusOf(code, reason, retryDelayMs);
  metadata.set("triwire-request-id", "r-1");
  metadata.set("grpc-status-details-bin", Buffer.from(toBinary(StatusSchema, status)));
  return { code, details: status.message, metadata };
}

/** A `google.rpc.Status` with ErrorInfo and RetryInfo where they are given. */
export function statusOf(code: grpc.status, reason = "", retryDelayMs?: number): Status {
  const details = [];
  if (reason) details.push(anyPack(ErrorInfoSchema, create(ErrorInfoSchema, { reason, domain: "triwire.v1" })));
  if (reason === "INVALID_FIELD") {
    const fieldViolations = [{ field: "target_language", description: "is required" }];
    details.push(anyPack(BadRequestSchema, create(BadRequestSchema, { fieldViolations })));
  }
  if (retryDelayMs !== undefined) {
    const retryDelay = durationFromMs(retryDelayMs);
    details.push(anyPack(RetryInfoSchema, create(RetryInfoSchema, { retryDelay })));
  }
  return create(StatusSchema, { code, message: `${grpc.status[code]} as told`, details });
}

/** The answer to an item of a batch. */
export function answerTo(itemId: string): MessageInitShape<typeof ProcessBatchResponseSchema> {
  return { itemId, outcome: { case: "detectLanguage", value: { requestId: itemId } } };
}
