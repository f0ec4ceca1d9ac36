/** When a failed call is tried again, and after how long. */

import { setTimeout as sleep } from "node:timers/promises";
import { status as StatusCode } from "@grpc/grpc-js";

import {
  CancelledError,
  DeadlineExceededError,
  InferenceFailedError,
  QueueFullError,
  ShuttingDownError,
  StartingError,
  type TriwireError,
  UnavailableError,
} from "./errors.js";

/**
 * Which failures are tried again. A call that may not be made twice (it creates or deletes a glossary, or replaces one
 * with an etag) is repeated only after a refusal, where the server says that it did nothing.
 */
export interface RetryPolicy {
  /** Calls in all; 1 turns retries off. */
  readonly maxAttempts: number;
  /** Retries that the calls of one client may add to its load, as a share of the calls; see `RetryBudget`. */
  readonly budgetShare: number;
  /** Retries that are there beyond that share, at the start and again after a quiet time. */
  readonly budgetReserve: number;
  /** Where the server asks for no delay: the first wait, which is doubled each time up to `maxMs`. */
  readonly initialMs: number;
  readonly maxMs: number;
  /** Gives a number from 0 to 1: a wait is a random share, so that clients do not come back all at once. */
  readonly random: () => number;
}

export const DEFAULT_RETRY: RetryPolicy = {
  maxAttempts: 5,
  budgetShare: 0.2,
  budgetReserve: 100,
  initialMs: 100,
  maxMs: 5000,
  random: Math.random,
};

/**
 * Milliseconds to wait after the failure of an attempt, or undefined: not to be tried again.
 *
 * @param attempt its number, from 1
 * @param isRepeatable whether carrying the call out twice is the same as once
 */
export function retryDelay(
  policy: RetryPolicy,
  error: TriwireError,
  attempt: number,
  isRepeatable = true,
): number | undefined {
  const isRefusal =
    error instanceof QueueFullError || error instanceof ShuttingDownError || error instanceof StartingError;
  const passes =
    isRefusal ||
    error instanceof UnavailableError ||
    error instanceof CancelledError ||
    (error instanceof InferenceFailedError && attempt === 1);
  if (attempt >= policy.maxAttempts || !passes || !(isRepeatable || isRefusal)) return undefined;
  return error.retryDelayMs ?? policy.random() * Math.min(policy.maxMs, policy.initialMs * 2 ** (attempt - 1));
}

/**
 * Bounds the retries of all calls of a client together, so that an outage does not multiply its own load: a bucket that
 * a call fills by `budgetShare` and a second by one, and from which a retry takes one. A wait that the server asked for
 * costs nothing, since it has set the pace; "at once, elsewhere" (SHUTTING_DOWN) is no wait.
 */
export class RetryBudget {
  readonly #policy: RetryPolicy;
  readonly #clock: () => number;
  #tokens: number;
  #filledAt: number;

  /** @param clock monotonic milliseconds */
  constructor(policy: RetryPolicy, clock: () => number = () => performance.now()) {
    this.#policy = policy;
    this.#clock = clock;
    this.#tokens = policy.budgetReserve;
    this.#filledAt = clock();
  }

  /** A call is made for the first time. */
  noteCall(): void {
    this.#fill(this.#policy.budgetShare);
  }

  /** Whether there is a retry left to take after a failure; if so, it is taken. */
  take(error: TriwireError): boolean {
    if (error.retryDelayMs) return true;
    this.#fill(0);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  #fill(added: number): void {
    const now = this.#clock();
    const tokens = this.#tokens + added + (now - this.#filledAt) / 1000;
    this.#tokens = Math.min(this.#policy.budgetReserve, tokens);
    this.#filledAt = now;
  }
}

/** The attempts of one call: how much time is left to each, and whether there is another. */
export class Attempts {
  readonly #policy: RetryPolicy;
  readonly #budget: RetryBudget;
  readonly #end: number;
  readonly #isRepeatable: boolean;
  readonly signal: AbortSignal | undefined;
  #number = 0;

  /** @param timeoutMs for everything, retries included; Infinity: no limit */
  constructor(
    policy: RetryPolicy,
    budget: RetryBudget,
    timeoutMs: number,
    { signal, isRepeatable = true }: { signal?: AbortSignal | undefined; isRepeatable?: boolean } = {},
  ) {
    this.#policy = policy;
    this.#budget = budget;
    this.#end = performance.now() + timeoutMs;
    this.#isRepeatable = isRepeatable;
    this.signal = signal;
    budget.noteCall();
  }

  /**
   * Begins an attempt and gives the milliseconds that are left to it.
   *
   * @throws DeadlineExceededError none are left; or whatever the caller aborted with
   */
  begin(): number {
    this.signal?.throwIfAborted();
    this.#number += 1;
    const left = this.#end - performance.now();
    if (left > 0) return left;
    throw new DeadlineExceededError("the time given passed before the call was answered", {
      code: StatusCode.DEADLINE_EXCEEDED,
      reason: "DEADLINE",
    });
  }

  /** Part of the answer came: what fails after it is counted anew. */
  noteProgress(): void {
    this.#number = 1;
  }

  /**
   * Returns when it is time for another attempt.
   *
   * @throws TriwireError the failure, if there is to be none: a wait that would pass the deadline is not begun
   */
  async wait(failure: TriwireError): Promise<void> {
    const delay = retryDelay(this.#policy, failure, this.#number, this.#isRepeatable);
    if (delay === undefined || performance.now() + delay >= this.#end) throw failure;
    if (!this.#budget.take(failure)) {
      failure.note = "not tried again: too many calls of this client failed (budgetShare)";
      throw failure;
    }
    try {
      await sleep(delay, undefined, this.signal ? { signal: this.signal } : {});
    } catch (error) {
      this.signal?.throwIfAborted();
      throw error;
    }
  }
}
