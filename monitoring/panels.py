"""What the Grafana dashboard shows: rows of panels with their queries, units and meanings."""

from monitoring.panel import Panel, Row
from monitoring.queries import job, mean, quantile, rate, replica

ROWS = (
    Row(
        "Now",
        (
            Panel(
                "Replicas that serve",
                "Replicas whose models are ready and that do not shut down. Fewer than deployed: look at the pods.",
                "none",
                [(f"sum({job('job:triwire_serving_replicas:sum')})", "")],
                is_number=True,
            ),
            Panel(
                "Articles an hour",
                "Articles translated or summarized, alone or in batches, by the rate of the last five minutes.",
                "none",
                [(f"3600 * sum({job('job:triwire_articles:rate5m')})", "")],
                is_number=True,
            ),
            Panel(
                "Answers",
                "Calls, and items of batches, that ended a second.",
                "reqps",
                [(f"sum({job('job:triwire_answers:rate5m')})", "")],
                is_number=True,
            ),
            Panel(
                "Tokens",
                "Tokens that models read and wrote for callers a second.",
                "none",
                [(f"sum({job('job:triwire_tokens:rate5m')})", "")],
                is_number=True,
            ),
            Panel(
                "Failed",
                "Share of calls and items that failed and should not have. 0.5 % over a month is the budget.",
                "percentunit",
                [(job("job:triwire_failed_answers:ratio_rate5m"), "{{job}}")],
                is_number=True,
            ),
        ),
    ),
    Row(
        "Calls and errors",
        (
            Panel(
                "Calls by method",
                "Calls that ended a second. A batch is one call, whatever it holds; see its items.",
                "reqps",
                [(f"sum by (method) ({rate('triwire_requests_total')}) > 0", "{{method}}")],
            ),
            Panel(
                "Items of batches",
                "Items of ProcessBatch that were answered a second, by operation.",
                "ops",
                [(f"sum by (operation) ({rate('triwire_batch_items_total')})", "{{operation}}")],
            ),
            Panel(
                "Errors by reason",
                "Failed calls, items and parts a second, by the reason of the contract. INTERNAL is a bug of ours.",
                "ops",
                [(f"sum by (reason) ({rate('triwire_errors_total')}) > 0", "{{reason}}")],
            ),
            Panel(
                "Calls by code",
                "Calls that ended a second, by status code; codes other than OK and those of callers' mistakes hurt.",
                "reqps",
                [(f"sum by (code) ({rate('triwire_requests_total')}) > 0", "{{code}}")],
            ),
            Panel(
                "Refused at the door",
                "Calls refused a second: no room in the queue, the caller's share used up, or no time left.",
                "reqps",
                [
                    (
                        f"sum by (priority, reason) ({rate('triwire_admission_refusals_total')})",
                        "{{priority}} {{reason}}",
                    )
                ],
            ),
            Panel(
                "Delay told to refused callers",
                "When refused calls were told to come again, median: how long the queue needs to empty.",
                "s",
                [(quantile(0.5, "triwire_retry_delay_seconds", "priority"), "{{priority}}")],
            ),
        ),
    ),
    Row(
        "Latency",
        (
            Panel(
                "Median by method",
                "Half of the calls took at most so long. Of ProcessBatch it is the length of the streams.",
                "s",
                [(quantile(0.5, "triwire_request_duration_seconds", "method"), "{{method}}")],
            ),
            Panel(
                "95 % by method",
                "All but 5 % of the calls took at most so long.",
                "s",
                [(quantile(0.95, "triwire_request_duration_seconds", "method"), "{{method}}")],
            ),
            Panel(
                "First part of a stream",
                "From the arrival of StreamProcessArticle to its first block or summary.",
                "s",
                [
                    (quantile(0.5, "triwire_first_part_duration_seconds"), "median"),
                    (quantile(0.95, "triwire_first_part_duration_seconds"), "95 %"),
                ],
            ),
            Panel(
                "Calls under way",
                "Calls that have not ended. Of StreamProcessArticle and ProcessBatch these are the open streams.",
                "none",
                [(f"sum by (method) ({replica('triwire_requests_in_flight')})", "{{method}}")],
            ),
        ),
    ),
    Row(
        "Queue by priority",
        (
            Panel(
                "Time until a slot, 95 %",
                "All but 5 % of the sequences got their slot within this time. INTERACTIVE above 2 s is an alert.",
                "s",
                [(job("job:triwire_queue_duration_seconds:p95_5m"), "{{priority}}")],
            ),
            Panel(
                "Waiting sequences",
                "Sequences that wait for a slot.",
                "none",
                [(f"sum by (priority) ({replica('triwire_queue_sequences')})", "{{priority}}")],
            ),
            Panel(
                "Oldest that waits",
                "Time that the sequence has waited that waits longest on any replica. Ageing bounds it for BULK.",
                "s",
                [(f"max by (priority) ({replica('triwire_queue_oldest_age_seconds')})", "{{priority}}")],
            ),
            Panel(
                "Tokens inside",
                "Estimated tokens of admitted calls, as a share of the limit. BULK is refused above half of it.",
                "percentunit",
                [(f"{replica('triwire_queue_tokens')} / {replica('triwire_queue_limit_tokens')}", "{{instance}}")],
            ),
        ),
    ),
    Row(
        "Engine",
        (
            Panel(
                "Slots in use",
                "Slots that sequences hold, as a share of all. Near 1 with a queue: the device is the bottleneck.",
                "percentunit",
                [(f"{replica('triwire_slots_in_use')} / {replica('triwire_max_batch_sequences')}", "{{instance}}")],
            ),
            Panel(
                "Batch fill",
                "Slots that a step worked on, as a share of all, on average. Low with a queue: models take turns.",
                "percentunit",
                [(mean("triwire_batch_fill_ratio"), "fill")],
            ),
            Panel(
                "Input tokens of a step",
                "Tokens that a step with newcomers read of them, on average, and the most that it may read.",
                "none",
                [
                    (mean("triwire_prefill_tokens"), "read"),
                    (f"max({replica('triwire_prefill_limit_tokens')})", "limit"),
                ],
            ),
            Panel(
                "Tokens a second",
                "Tokens that the models read and wrote for callers, and those that the device computed for it.",
                "none",
                [
                    (f"sum by (model) ({rate('triwire_input_tokens_total')})", "read {{model}}"),
                    (f"sum by (model) ({rate('triwire_output_tokens_total')})", "written {{model}}"),
                    (f"sum by (model) ({rate('triwire_computed_tokens_total')})", "computed {{model}}"),
                ],
            ),
            Panel(
                "Padding waste",
                "Share of the computed tokens that fill a recorded shape. 0 on a CPU, where nothing is padded.",
                "percentunit",
                [
                    (
                        f"sum by (model) ({rate('triwire_padding_tokens_total')})"
                        f" / sum by (model) ({rate('triwire_computed_tokens_total')})",
                        "{{model}}",
                    )
                ],
            ),
            Panel(
                "Time of a step, 95 %",
                "All but 5 % of the steps took at most so long. Running sequences stall as long when others join.",
                "s",
                [(quantile(0.95, "triwire_batch_duration_seconds", "model"), "{{model}}")],
            ),
            Panel(
                "Age of the present step",
                "Time that the device has been at its step. Above two minutes is an alert.",
                "s",
                [(replica("triwire_step_age_seconds"), "{{instance}}")],
            ),
            Panel(
                "Slots by memory",
                "Tokens that the slots in use may come to hold, as a share of what the memory allows.",
                "percentunit",
                [(f"{replica('triwire_slot_tokens')} / {replica('triwire_slot_limit_tokens')}", "{{instance}}")],
            ),
            Panel(
                "Memory of the GPU",
                "Memory in tensors, taken by the process, and all there is. Empty on a CPU.",
                "bytes",
                [
                    (replica("triwire_device_memory_allocated_bytes"), "tensors {{instance}}"),
                    (replica("triwire_device_memory_reserved_bytes"), "taken {{instance}}"),
                    (replica("triwire_device_memory_size_bytes"), "size {{instance}}"),
                ],
            ),
        ),
    ),
    Row(
        "Cache",
        (
            Panel(
                "Share from the cache",
                "Segments that no model had to compute: kept, or equal work was under way.",
                "percentunit",
                [(job("job:triwire_cache_hits:ratio_rate5m"), "{{job}}")],
            ),
            Panel(
                "Segments",
                "Segments answered from the cache, and computed, a second.",
                "ops",
                [
                    (f"sum({rate('triwire_cache_hits_total')})", "from the cache"),
                    (f"sum({rate('triwire_cache_misses_total')})", "computed"),
                ],
            ),
            Panel(
                "Memory of the cache",
                "Memory held by results, as a share of the limit. Full is normal; the oldest are dropped.",
                "percentunit",
                [(f"{replica('triwire_cache_size_bytes')} / {replica('triwire_cache_limit_bytes')}", "{{instance}}")],
            ),
            Panel(
                "Errors of the shared cache",
                "Calls to the shared cache that failed a second. Answers go on without it. Empty where there is none.",
                "ops",
                [(f"sum by (reason) ({rate('triwire_shared_cache_errors_total')})", "{{reason}}")],
            ),
        ),
    ),
    Row(
        "Text: findings and repairs",
        (
            Panel(
                "Outputs by worst finding",
                "Share of translated blocks and summaries by their worst finding. CRITICAL: an editor has to look.",
                "percentunit",
                [
                    (
                        f"sum by (severity) ({rate('triwire_outputs_total')})"
                        f" / ignoring (severity) group_left () sum({rate('triwire_outputs_total')})",
                        "{{severity}}",
                    )
                ],
            ),
            Panel(
                "Findings by kind",
                "Findings delivered a second.",
                "ops",
                [(f"sum by (kind) ({rate('triwire_findings_total')}) > 0", "{{kind}}")],
            ),
            Panel(
                "Repairs",
                "Broken outputs that were made again a second, and whether the second was better.",
                "ops",
                [(f"sum by (task, outcome) ({rate('triwire_repairs_total')})", "{{task}} {{outcome}}")],
            ),
            Panel(
                "Articles read",
                "Articles read from content a second, by its kind.",
                "ops",
                [(f"sum by (kind) ({rate('triwire_extractions_total')})", "{{kind}}")],
            ),
            Panel(
                "Boilerplate",
                "Share of the blocks of articles that were labelled as no part of the text. A jump: a site changed.",
                "percentunit",
                [
                    (
                        "sum("
                        + rate(
                            "triwire_extracted_blocks_total", 'kind=~"BLOCK_KIND_BOILERPLATE|BLOCK_KIND_RELATED_LINK"'
                        )
                        + f") / sum({rate('triwire_extracted_blocks_total')})",
                        "boilerplate",
                    )
                ],
            ),
            Panel(
                "Pieces that the vocabulary lacks",
                "Source pieces a second that a trimmed vocabulary lacks; 0 with models that have all of theirs.",
                "ops",
                [(f"sum by (model) ({rate('triwire_missing_pieces_total')})", "{{model}}")],
            ),
        ),
    ),
    Row(
        "Process",
        (
            Panel(
                "Memory",
                "Resident memory as a share of what the process may take. Above 90 % is an alert.",
                "percentunit",
                [(replica("instance:triwire_memory:ratio"), "{{instance}}")],
            ),
            Panel(
                "Processors",
                "Processor seconds a second.",
                "none",
                [(f"{rate('process_cpu_seconds_total')} and on (job, instance) triwire_build_info", "{{instance}}")],
            ),
            Panel(
                "Lag of the event loop, 99 %",
                "How late timers are. Above half a second something blocks the loop, and all calls wait.",
                "s",
                [(replica("instance:triwire_event_loop_lag_seconds:p99_5m"), "{{instance}}")],
            ),
            Panel(
                "Open files and connections",
                "Descriptors in use as a share of the limit.",
                "percentunit",
                [
                    (
                        f"{replica('process_open_fds')} / {replica('process_max_fds')}"
                        " and on (job, instance) triwire_build_info",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Starts",
                "When each process started; a step is a restart.",
                "dateTimeAsIso",
                [
                    (
                        f"1000 * {replica('process_start_time_seconds')} and on (job, instance) triwire_build_info",
                        "{{instance}}",
                    )
                ],
            ),
            Panel(
                "Versions and models",
                "Replicas by version of the server and by model.",
                "none",
                [
                    (f"count by (version) ({replica('triwire_build_info')})", "server {{version}}"),
                    (f"count by (model) ({replica('triwire_model_info')})", "{{model}}"),
                ],
            ),
            Panel(
                "Shutting down",
                "Replicas that finish what they accepted and take nothing new.",
                "none",
                [(f"sum({replica('triwire_draining')})", "draining")],
            ),
        ),
    ),
)
