"""Every metric of the service, with its buckets. Base units, unit last, few labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics

# A gauge beside every counter and histogram that says when it was made: as many series again, which no query needs.
disable_created_metrics()  # type: ignore[no-untyped-call]  # published without types

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_QUEUE_SECONDS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_SHARED_CACHE_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1)
_BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LOAD_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_SEQUENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SHARES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1)
_LAG_SECONDS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_RETRY_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_TOKENS = (16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)


class _Factory:
    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def counter(self, name: str, text: str, *labels: str) -> Counter:
        return Counter(f"triwire_{name}", text, labels, registry=self._registry)

    def gauge(self, name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"triwire_{name}", text, labels, registry=self._registry)

    def histogram(self, name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
        return Histogram(f"triwire_{name}", text, labels, buckets=buckets, registry=self._registry)


class Metrics:
    """The metrics of one process.

    Args:
        registry: where they are registered; tests pass one of their own.
        version: of the server, for `triwire_build_info`.
    """

    def __init__(self, registry: CollectorRegistry, version: str = "") -> None:
        make = _Factory(registry)
        self._define_calls(make)
        self._define_queue(make)
        self._define_tokens(make)
        self._define_steps(make)
        self._define_device_memory(make)
        self._define_models(make)
        self._define_caches(make)
        self._define_outputs(make)
        self._define_process(make, version)

    def _define_calls(self, make: _Factory) -> None:
        """Calls, as their callers see them."""
        self.requests = make.counter("requests_total", "Calls that ended, by method and status code.", "method", "code")
        self.request_duration_seconds = make.histogram(
            "request_duration_seconds", "Time from the arrival of a call to its end.", _REQUEST_SECONDS, "method"
        )
        self.requests_in_flight = make.gauge("requests_in_flight", "Calls under way.", "method")
        self.first_part_duration_seconds = make.histogram(
            "first_part_duration_seconds",
            "Time from the arrival of a StreamProcessArticle call to its first block or summary.",
            _REQUEST_SECONDS,
        )
        self.batch_items = make.counter(
            "batch_items_total", "Items of ProcessBatch that were answered.", "operation", "code"
        )
        self.errors = make.counter("errors_total", "Failed calls, items and parts by the contract's reason.", "reason")
        self.admission_refusals = make.counter(
            "admission_refusals_total", "Calls refused at the door, by what was missing.", "priority", "reason"
        )
        self.retry_delay_seconds = make.histogram(
            "retry_delay_seconds", "Time after which refused calls were told to come again.", _RETRY_SECONDS, "priority"
        )

    def _define_queue(self, make: _Factory) -> None:
        """What waits, and for how long."""
        self.queue_duration_seconds = make.histogram(
            "queue_duration_seconds", "Time a sequence waited for its slot.", _QUEUE_SECONDS, "priority"
        )
        self.queue_sequences = make.gauge("queue_sequences", "Sequences that wait for a slot.", "priority")
        self.queue_oldest_age_seconds = make.gauge(
            "queue_oldest_age_seconds", "Time that the sequence has waited that waits longest; 0: none.", "priority"
        )
        self.queue_tokens = make.gauge("queue_tokens", "Estimated tokens of admitted calls that are not done.")
        self.queue_limit_tokens = make.gauge("queue_limit_tokens", "Estimated tokens above which calls are refused.")

    def _define_tokens(self, make: _Factory) -> None:
        """Tokens by model."""
        self.input_tokens = make.counter("input_tokens_total", "Tokens that models read.", "model")
        self.output_tokens = make.counter("output_tokens_total", "Tokens that models wrote.", "model")
        self.computed_tokens = make.counter(
            "computed_tokens_total", "Tokens that passes of the device computed, beams and padding included.", "model"
        )
        self.padding_tokens = make.counter(
            "padding_tokens_total", "Tokens among the computed ones that fill a recorded shape.", "model"
        )
        self.missing_pieces = make.counter(
            "missing_pieces_total", "Source pieces that a trimmed vocabulary lacks; others stood in.", "model"
        )

    def _define_steps(self, make: _Factory) -> None:
        """Steps of the device."""
        self.batch_sequences = make.histogram(
            "batch_sequences", "Sequences that a step of the device worked on.", _SEQUENCES
        )
        self.batch_tokens = make.histogram("batch_tokens", "Tokens that a step read, padding not counted.", _TOKENS)
        self.batch_duration_seconds = make.histogram(
            "batch_duration_seconds", "Time of a step on the device.", _BATCH_SECONDS, "model"
        )
        self.batch_fill_ratio = make.histogram(
            "batch_fill_ratio", "Slots that a step of the device worked on, as a share of all.", _SHARES
        )
        self.prefill_tokens = make.histogram(
            "prefill_tokens", "Input tokens that a step read of sequences that joined in it.", _TOKENS
        )
        self.prefill_limit_tokens = make.gauge("prefill_limit_tokens", "Input tokens that a step may read.")
        self.slots_in_use = make.gauge("slots_in_use", "Slots of the device that sequences hold, one for each beam.")
        self.slot_tokens = make.gauge("slot_tokens", "Tokens that the slots in use may come to hold.")
        self.slot_limit_tokens = make.gauge("slot_limit_tokens", "Tokens that all slots may come to hold, by memory.")
        self.step_age_seconds = make.gauge(
            "step_age_seconds", "Time that the device has been at its present step; 0 between steps."
        )
        self.max_batch_sequences = make.gauge(
            "max_batch_sequences", "Slots: as set, or fewer for a while after memory ran out."
        )
        self.out_of_memory = make.counter("out_of_memory_total", "Passes on the device that ran out of memory.")
        self.invariant_violations = make.counter(
            "invariant_violations_total", "Times that the engine's books did not agree: a bug, which the log names."
        )

    def _define_device_memory(self, make: _Factory) -> None:
        """Memory of a GPU."""
        self.device_memory_allocated_bytes = make.gauge(
            "device_memory_allocated_bytes", "Memory of a GPU in tensors of this process.", "device"
        )
        self.device_memory_reserved_bytes = make.gauge(
            "device_memory_reserved_bytes", "Memory of a GPU that this process took, in use or kept.", "device"
        )
        self.device_memory_free_bytes = make.gauge(
            "device_memory_free_bytes", "Memory of a GPU that no process took.", "device"
        )
        self.device_memory_size_bytes = make.gauge("device_memory_size_bytes", "Memory of a GPU.", "device")

    def _define_models(self, make: _Factory) -> None:
        """Models of the profile, here and on other servers."""
        self.model_info = make.gauge("model_info", "1 for each model of the profile.", "model", "version", "license")
        self.model_ready = make.gauge("model_ready", "1 once a model answers, else 0.", "model")
        self.model_load_duration_seconds = make.histogram(
            "model_load_duration_seconds", "Time to load and warm a model.", _LOAD_SECONDS, "model"
        )
        self.remote_requests = make.counter(
            "remote_requests_total",
            "Requests to the server of a model, by what became of them.",
            "model",
            "outcome",
        )
        self.remote_request_duration_seconds = make.histogram(
            "remote_request_duration_seconds",
            "Time from a request to the server of a remote model to the end of its answer.",
            _REQUEST_SECONDS,
            "model",
        )
        self.remote_requests_waiting = make.gauge(
            "remote_requests_waiting", "Sequences that wait to be sent to the server of their model.", "model"
        )
        self.remote_requests_in_flight = make.gauge(
            "remote_requests_in_flight", "Requests under way to the server of a model.", "model"
        )
        self.remote_request_limit = make.gauge(
            "remote_request_limit",
            "Requests that may be under way: as set, or fewer after refusals.",
            "model",
        )

    def _define_caches(self, make: _Factory) -> None:
        """Results that were there already."""
        self.cache_hits = make.counter(
            "cache_hits_total",
            "Segments not computed: local: kept by this replica, joined: equal work was under way, shared: in Redis.",
            "cache",
        )
        self.cache_misses = make.counter("cache_misses_total", "Segments that a model had to compute.")
        self.cache_size_bytes = make.gauge("cache_size_bytes", "Memory held by cached results, estimated.")
        self.cache_limit_bytes = make.gauge(
            "cache_limit_bytes", "Memory that cached results may take; 0: none are kept."
        )
        self.shared_cache_duration_seconds = make.histogram(
            "shared_cache_operation_duration_seconds",
            "Time of a call to the shared cache, failed ones included.",
            _SHARED_CACHE_SECONDS,
            "operation",
        )
        self.shared_cache_errors = make.counter(
            "shared_cache_errors_total",
            "Calls that failed (timeout, connection), were refused, and values that were no results (value).",
            "reason",
        )
        self.shared_cache_dropped = make.counter(
            "shared_cache_dropped_results_total", "Results that were not written to the shared cache."
        )
        self.shared_cache_breaker_state = make.gauge(
            "shared_cache_breaker_state", "0: calls pass, 1: one is trying, 2: the shared cache is not asked."
        )
        for cache in ("local", "joined", "shared"):
            self.cache_hits.labels(cache)
        for reason in ("timeout", "connection", "refused", "value"):
            self.shared_cache_errors.labels(reason)

    def _define_outputs(self, make: _Factory) -> None:
        """What was read and written, and how doubtful it is."""
        self.findings = make.counter("findings_total", "Findings delivered with outputs.", "kind", "severity")
        self.repairs = make.counter(
            "repairs_total", "Broken outputs that were made again, by whether the second was better.", "task", "outcome"
        )
        self.outputs = make.counter(
            "outputs_total",
            "Translated blocks and summaries delivered, by their worst finding.",
            "task",
            "severity",
        )
        self.extractions = make.counter("extractions_total", "Articles read from content, by its kind.", "kind")
        self.extracted_blocks = make.counter(
            "extracted_blocks_total", "Blocks of articles read, by their kind.", "kind"
        )

    def _define_process(self, make: _Factory, version: str) -> None:
        """The process itself."""
        self.event_loop_lag_seconds = make.histogram(
            "event_loop_lag_seconds", "Time that a timer of the event loop was late.", _LAG_SECONDS
        )
        self.memory_limit_bytes = make.gauge(
            "memory_limit_bytes", "Memory that this process may take: of its container, else of the machine."
        )
        self.draining = make.gauge("draining", "1 from the first step of the shutdown on, else 0.")
        self.tls_certificate_expiry_timestamp_seconds = make.gauge(
            "tls_certificate_expiry_timestamp_seconds",
            "When a certificate in use expires, as seconds since 1970; of several in a file the first to expire.",
            "file",
        )
        self.reloads = make.counter(
            "reloads_total",
            "Changed files that were read again, by setting and result (success, failure).",
            "file",
            "result",
        )
        self.reload_failing = make.gauge(
            "reload_failing", "1 while a file cannot be used as it is and its last good state stays in use.", "file"
        )
        build = make.gauge("build_info", "1, labelled with the version of the server.", "version")
        build.labels(version).set(1)
