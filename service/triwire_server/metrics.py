"""Every metric of the service, with its buckets. Base units, unit last, few labels."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_QUEUE_SECONDS = (0.001, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
_BATCH_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_LOAD_SECONDS = (0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)
_SEQUENCES = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_TOKENS = (16, 64, 256, 512, 1024, 2048, 4096, 8192, 16384, 32768)


class Metrics:
    """The metrics of one process.

    Args:
        registry: where they are registered; tests pass one of their own.
        version: of the server, for `triwire_build_info`.
    """

    def __init__(self, registry: CollectorRegistry, version: str = "") -> None:
        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"triwire_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"triwire_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, buckets: tuple[float, ...], *labels: str) -> Histogram:
            return Histogram(f"triwire_{name}", text, labels, buckets=buckets, registry=registry)

        self.requests = counter("requests_total", "Calls that ended, by method and status code.", "method", "code")
        self.request_duration_seconds = histogram(
            "request_duration_seconds", "Time from the arrival of a call to its end.", _REQUEST_SECONDS, "method"
        )
        self.requests_in_flight = gauge("requests_in_flight", "Calls under way.", "method")
        self.errors = counter("errors_total", "Failed calls, items and parts by the contract's reason.", "reason")
        self.queue_duration_seconds = histogram(
            "queue_duration_seconds", "Time a sequence waited for its slot.", _QUEUE_SECONDS, "priority"
        )
        self.queue_sequences = gauge("queue_sequences", "Sequences that wait for a slot.", "priority")
        self.queue_tokens = gauge("queue_tokens", "Estimated tokens of admitted calls that are not done.")
        self.input_tokens = counter("input_tokens_total", "Tokens that models read.", "model")
        self.output_tokens = counter("output_tokens_total", "Tokens that models wrote.", "model")
        self.missing_pieces = counter(
            "missing_pieces_total", "Source pieces that a trimmed vocabulary lacks; others stood in.", "model"
        )
        self.batch_sequences = histogram(
            "batch_sequences", "Sequences that a step of the device worked on.", _SEQUENCES
        )
        self.batch_tokens = histogram("batch_tokens", "Tokens that a step read, padding not counted.", _TOKENS)
        self.batch_duration_seconds = histogram(
            "batch_duration_seconds", "Time of a step on the device.", _BATCH_SECONDS, "model"
        )
        self.model_load_duration_seconds = histogram(
            "model_load_duration_seconds", "Time to load and warm a model.", _LOAD_SECONDS, "model"
        )
        self.cache_hits = counter("cache_hits_total", "Segments answered from the cache or by equal work under way.")
        self.cache_misses = counter("cache_misses_total", "Segments that a model had to compute.")
        self.cache_size_bytes = gauge("cache_size_bytes", "Memory held by cached results, estimated.")
        self.findings = counter("findings_total", "Findings delivered with outputs.", "kind")
        self.admission_refusals = counter(
            "admission_refusals_total", "Calls refused at the door.", "priority", "reason"
        )
        self.invariant_violations = counter(
            "invariant_violations_total", "Times that the engine's books did not agree: a bug, which the log names."
        )
        build = gauge("build_info", "1, labelled with the version of the server.", "version")
        build.labels(version).set(1)
