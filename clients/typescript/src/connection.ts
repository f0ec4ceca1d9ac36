/** What every call of the client goes through: the channel, its credentials, and the attempts. */

import { readFileSync } from "node:fs";
import {
  create,
  type DescMessage,
  type DescMethodBiDiStreaming,
  type DescMethodServerStreaming,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  type MessageShape,
  toBinary,
} from "@bufbuild/protobuf";
import * as grpc from "@grpc/grpc-js";

import { fromServiceError, TriwireError } from "./errors.js";
import { checkToken, isLocal } from "./plaintext.js";
import { Attempts, DEFAULT_RETRY, RetryBudget, type RetryPolicy } from "./retry.js";

export const DEFAULT_TARGET = "127.0.0.1:50051";
export const DEFAULT_TIMEOUT_MS = 120_000;

/** How the connection is secured: paths of PEM files. */
export interface Tls {
  /** Who may have signed the server's certificate; by default the authorities that Node.js knows. */
  readonly rootCertificates?: string | undefined;
  /** This client's certificate, for mutual TLS; needs `clientKey`. */
  readonly clientCertificate?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Name to expect in the certificate, if it is not that of the target. */
  readonly serverName?: string | undefined;
}

export interface ClientOptions {
  /** "host:port", "dns:///service:port", "ipv4:10.0.0.1:50051,10.0.0.2:50051"; default TRIWIRE_TARGET, else here. */
  readonly target?: string | undefined;
  /** Bearer token; default TRIWIRE_TOKEN, else none. */
  readonly token?: string | undefined;
  /** true: with the authorities that Node.js knows; default TRIWIRE_TLS and TRIWIRE_TLS_*, else plaintext. */
  readonly tls?: boolean | Tls | undefined;
  /** Milliseconds for each call, retries included, where the call gives none; default 120,000. Infinity: no limit. */
  readonly timeoutMs?: number | undefined;
  /** What is tried again, where it differs from `DEFAULT_RETRY`. */
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Options of gRPC that replace those of this client. */
  readonly channelOptions?: grpc.ChannelOptions | undefined;
  /** Send the token in plaintext to other machines too: a mesh or a proxy on this one encrypts it. */
  readonly allowPlaintextToken?: boolean | undefined;
}

export interface CallOptions {
  /** Milliseconds for the call, retries included. */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, here and on the server; it then fails with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

const CHANNEL_OPTIONS: grpc.ChannelOptions = {
  // All addresses of a name take turns.
  "grpc.service_config": JSON.stringify({ loadBalancingConfig: [{ round_robin: {} }] }),
  // A replica that hangs, or whose machine is gone, is given up after 50 seconds at most, and its calls go elsewhere.
  "grpc.keepalive_time_ms": 30_000,
  "grpc.keepalive_timeout_ms": 20_000,
  // A rolling update replaces a replica in seconds: at gRPC's own 30 every address known could be gone by then.
  "grpc.dns_min_time_between_resolutions_ms": 5_000,
  // A replica that is back is used again within 10 seconds.
  "grpc.initial_reconnect_backoff_ms": 500,
  "grpc.max_reconnect_backoff_ms": 10_000,
};

/** A channel and how calls are made on it. */
export class Connection {
  readonly target: string;
  readonly #client: grpc.Client;
  readonly #metadata = new grpc.Metadata();
  readonly #timeoutMs: number;
  readonly #retry: RetryPolicy;
  readonly #budget: RetryBudget;

  constructor(options: ClientOptions) {
    const { env } = process;
    this.target = options.target || env["TRIWIRE_TARGET"] || DEFAULT_TARGET;
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_TIMEOUT_MS;
    this.#retry = { ...DEFAULT_RETRY, ...options.retry };
    this.#budget = new RetryBudget(this.#retry);
    const tls = options.tls ?? tlsOf(env);
    const token = options.token ?? env["TRIWIRE_TOKEN"];
    if (token) {
      const isAllowed = options.allowPlaintextToken ?? env["TRIWIRE_ALLOW_PLAINTEXT_TOKEN"] === "1";
      if (!tls && !isAllowed) checkToken(this.target);
      this.#metadata.set("authorization", `Bearer ${token}`);
    }
    this.#client = new grpc.Client(this.target, credentialsOf(tls), {
      ...CHANNEL_OPTIONS,
      // "localhost" through a proxy of the environment would be the proxy's own machine.
      ...(isLocal(this.target) ? { "grpc.enable_http_proxy": 0 } : {}),
      ...(typeof tls === "object" && tls.serverName ? { "grpc.ssl_target_name_override": tls.serverName } : {}),
      ...options.channelOptions,
    });
  }

  close(): void {
    this.#client.close();
  }

  attempts(options: CallOptions, { isRepeatable = true, timeoutMs = this.#timeoutMs } = {}): Attempts {
    const { signal } = options;
    return new Attempts(this.#retry, this.#budget, options.timeoutMs ?? timeoutMs, { signal, isRepeatable });
  }

  /** Makes a unary call until it answers, fails for good or the time is up. */
  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    attempts: Attempts,
  ): Promise<MessageShape<O>> {
    const message = create(method.input, request);
    for (;;) {
      try {
        return await this.#once(method, message, attempts.begin(), attempts.signal);
      } catch (error) {
        if (!(error instanceof TriwireError)) throw error;
        await attempts.wait(error);
      }
    }
  }

  #once<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    message: MessageShape<I>,
    leftMs: number,
    signal: AbortSignal | undefined,
  ): Promise<MessageShape<O>> {
    return new Promise((resolve, reject) => {
      const abort = () => call.cancel();
      const call = this.#client.makeUnaryRequest(
        pathOf(method),
        serializer(method.input),
        deserializer(method.output),
        message,
        this.#metadata.clone(),
        { deadline: Date.now() + leftMs },
        (error, answer) => {
          signal?.removeEventListener("abort", abort);
          if (!error && answer !== undefined) resolve(answer);
          else if (signal?.aborted) reject(signal.reason);
          else reject(error ? fromServiceError(error) : new TriwireError("the server sent no answer"));
        },
      );
      signal?.addEventListener("abort", abort);
    });
  }

  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    message: MessageShape<I>,
    leftMs: number,
  ): grpc.ClientReadableStream<MessageShape<O>> {
    return this.#client.makeServerStreamRequest(
      pathOf(method),
      serializer(method.input),
      deserializer(method.output),
      message,
      this.#metadata.clone(),
      { deadline: Date.now() + leftMs },
    );
  }

  bidiStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    leftMs: number,
  ): grpc.ClientDuplexStream<MessageShape<I>, MessageShape<O>> {
    return this.#client.makeBidiStreamRequest(
      pathOf(method),
      serializer(method.input),
      deserializer(method.output),
      this.#metadata.clone(),
      { deadline: Date.now() + leftMs },
    );
  }
}

/** The messages of a stream, with gRPC's errors replaced by ours; a stream that is left is cancelled. */
export async function* read<O>(
  stream: grpc.ClientReadableStream<O>,
  signal: AbortSignal | undefined,
): AsyncGenerator<O, void, undefined> {
  const abort = () => stream.cancel();
  // Told by the loop; once nobody iterates any more, an error without a listener would end the process.
  stream.on("error", () => {});
  signal?.addEventListener("abort", abort);
  try {
    for await (const message of stream) {
      yield message as O;
      signal?.throwIfAborted();
    }
  } catch (error) {
    signal?.throwIfAborted();
    throw isServiceError(error) ? fromServiceError(error) : error;
  } finally {
    signal?.removeEventListener("abort", abort);
    stream.cancel();
  }
}

function isServiceError(error: unknown): error is grpc.ServiceError {
  return error instanceof Error && "code" in error && "metadata" in error;
}

function pathOf(method: { readonly name: string; readonly parent: { readonly typeName: string } }): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function serializer<S extends DescMessage>(schema: S): (message: MessageShape<S>) => Buffer {
  return (message) => Buffer.from(toBinary(schema, message));
}

function deserializer<S extends DescMessage>(schema: S): (bytes: Buffer) => MessageShape<S> {
  return (bytes) => fromBinary(schema, bytes);
}

/** From TRIWIRE_TLS_ROOT_CERTIFICATES, _CLIENT_CERTIFICATE, _CLIENT_KEY, _SERVER_NAME; TRIWIRE_TLS=1 is TLS alone. */
function tlsOf(env: NodeJS.ProcessEnv): boolean | Tls {
  const tls: Tls = {
    rootCertificates: env["TRIWIRE_TLS_ROOT_CERTIFICATES"],
    clientCertificate: env["TRIWIRE_TLS_CLIENT_CERTIFICATE"],
    clientKey: env["TRIWIRE_TLS_CLIENT_KEY"],
    serverName: env["TRIWIRE_TLS_SERVER_NAME"],
  };
  return Object.values(tls).some(Boolean) ? tls : env["TRIWIRE_TLS"] === "1";
}

function credentialsOf(tls: boolean | Tls): grpc.ChannelCredentials {
  if (!tls) return grpc.credentials.createInsecure();
  const { rootCertificates, clientCertificate, clientKey }: Tls = tls === true ? {} : tls;
  if (!clientCertificate !== !clientKey) {
    throw new TypeError("clientCertificate and clientKey belong together: give both or neither");
  }
  const content = (path: string | undefined) => (path ? readFileSync(path) : null);
  return grpc.credentials.createSsl(content(rootCertificates), content(clientKey), content(clientCertificate));
}
