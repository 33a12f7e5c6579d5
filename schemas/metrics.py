"""Every metric, one line each: name, type, labels and what it tells. No ids in labels.

`group` is a consumer group (`editor`, `director`, ...), `operation_group` a group of the taxonomy ("none" where no edit
was asked yet), `model` a plug-in's name. What a process counts itself is summed up over processes; what is true of the
whole pipeline (lag, ledgers, windows, spending) is told by one of them, the exporter, or by `nhr mine` itself. What was
not seen for long is not told at all.
"""

from dataclasses import dataclass
from typing import Literal

SECONDS = (0.001, 0.005, 0.02, 0.1, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0)
LONG_SECONDS = (1.0, 5.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0, 10800.0, 43200.0, 86400.0, 604800.0)
SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256, 1024, 4096)
SCORES = (1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 4.25, 4.5, 4.6, 4.7, 4.8, 4.9, 5.0)

OTHER = "other"
"""What a label says whose vocabulary has grown past its bound."""
MOST_NAMES = 32
"""Different values that an open label takes in one process."""


@dataclass(frozen=True)
class Metric:
    """A metric's declaration; `buckets` for histograms only.

    `open` are the labels whose vocabulary no code bounds (what a policy or a plug-in calls a thing): after `MOST_NAMES`
    values the rest is told as `OTHER`.
    """

    name: str
    type: Literal["counter", "gauge", "histogram"]
    labels: tuple[str, ...]
    help: str
    buckets: tuple[float, ...] = ()
    open: tuple[str, ...] = ()


# --- what each process counts ----------------------------------------------------------------------------------------

BUILD = Metric("nhr_build_info", "gauge", ("version", "role", "model"), "1, for each process: what it is and runs.")
JOBS = Metric(
    "nhr_jobs", "counter", ("group", "outcome"), "Jobs by outcome: answered, standing, rejected, failed, resent."
)
WAIT = Metric("nhr_queue_wait_seconds", "histogram", ("group",), "From publishing a message to taking it.", SECONDS)
BATCH = Metric("nhr_batch_size", "histogram", ("group",), "Messages in a batch.", SIZES)
STEP = Metric("nhr_step_seconds", "histogram", ("group",), "Wall seconds of a step of the model.", SECONDS)
BUSY = Metric("nhr_step_busy_seconds", "counter", ("group",), "Seconds the stepping thread worked.")
STARVED = Metric("nhr_step_starved_seconds", "counter", ("group",), "Seconds the stepping thread waited for a batch.")
RETRIES = Metric("nhr_retries", "counter", ("group",), "Jobs asked again because a service was busy or away.")
BREAKERS = Metric("nhr_breakers_open", "gauge", ("group",), "Workers that wait for a service that is away.")
PENDING = Metric("nhr_jobs_pending", "gauge", ("group",), "Jobs held while a service works at them, for hours maybe.")
DEAD_LETTERS = Metric("nhr_dead_letters", "counter", ("group", "error"), "Messages put aside.", open=("error",))
STORE_ERRORS = Metric("nhr_store_errors", "counter", ("store",), "Requests to kafka, s3 or disk that failed.")
TOKENS = Metric("nhr_tokens", "counter", ("group", "model", "direction"), "Tokens, in and out.", open=("model",))
COST = Metric("nhr_cost_usd", "counter", ("group", "model"), "US dollars that answers were billed.", open=("model",))
GPU_MEMORY = Metric("nhr_gpu_memory_bytes", "gauge", ("gpu", "state"), "Memory of a GPU: used, total.")
GPU_BUSY = Metric("nhr_gpu_busy_ratio", "gauge", ("gpu",), "Share of the last look's time in which the GPU worked.")
DISK = Metric("nhr_disk_bytes", "gauge", ("folder", "state"), "The disk under a process's folder: free, total.")

# --- what the director and the collector learn ------------------------------------------------------------------------

FUNNEL = Metric(
    "nhr_funnel", "counter", ("stage", "operation_group", "outcome", "reason"),
    "Words of a stage: accepted, rejected (reason: the bar missed, or no), failed. Stages as those of the rates.",
    open=("reason",),
)  # fmt: skip
SCORE = Metric("nhr_judge_score", "histogram", ("kind", "score"), "Adherence and aesthetics, 1 to 5.", SCORES)
TRIPLETS = Metric("nhr_triplets", "counter", ("kind", "operation_group"), "Triplets new on the shelf.")
SHELVED = Metric("nhr_prompt_to_shelf_seconds", "histogram", (), "From prompt to triplet on the shelf.", LONG_SECONDS)

# --- what is true of the whole pipeline, told by one process ----------------------------------------------------------

LAG = Metric("nhr_lag_messages", "gauge", ("group",), "Messages a consumer group is not done with.")
LAG_SECONDS = Metric("nhr_lag_seconds", "gauge", ("group",), "Age of the oldest message a group is not done with.")
DONE = Metric("nhr_done_messages", "gauge", ("group",), "Messages a group is done with, ever; grows.")
MEMBERS = Metric("nhr_group_members", "gauge", ("group",), "Members of a consumer group.")
PAUSED = Metric("nhr_paused", "gauge", ("group",), "1 where somebody paused the group.")
RETENTION = Metric(
    "nhr_retention_seconds", "gauge", ("group",), "How long what the group reads is kept; +Inf: for ever."
)
LEDGERS = Metric("nhr_ledgers_open", "gauge", (), "Sources that are not decided.")
OLDEST = Metric("nhr_ledger_oldest_seconds", "gauge", (), "Age of the oldest open ledger.")
PARKED = Metric(
    "nhr_requests_parked", "gauge", ("stage",),
    "Requests held up by a failure until it is redriven; of a cluster its sweeper tells, which reads ledgers anyway.",
)  # fmt: skip
ACCEPTANCE = Metric(
    "nhr_acceptance_ratio", "gauge", ("window", "stage", "by", "name"),
    "Accepted share of what a stage saw in a window (10m, 6h): all, by operation, style or model.",
)  # fmt: skip
SEEN = Metric("nhr_acceptance_seen", "gauge", ("window", "stage", "by", "name"), "What that share is of.")
SPENT = Metric("nhr_spent_today_usd", "gauge", (), "US dollars billed since 00:00 UTC, all processes.")
LIMIT = Metric("nhr_spend_limit_usd", "gauge", (), "US dollars a day from which what bills rests; 0: none.")
PRICE = Metric("nhr_triplet_cost_usd", "gauge", ("window",), "US dollars a triplet of a window.")
DRIFTED = Metric("nhr_canary_drifted", "gauge", ("model",), "1 where a judge's canary drifted.", open=("model",))
CANARY_AT = Metric(
    "nhr_canary_timestamp_seconds", "gauge", ("model",), "The day a judge was last shown the canary.", open=("model",)
)

# --- the same as kafka_exporter calls it, for the dashboards that people have -----------------------------------------

PLACE = ("topic", "partition")
KAFKA_BROKERS = Metric("kafka_brokers", "gauge", (), "Brokers of the cluster.")
KAFKA_PARTITIONS = Metric("kafka_topic_partitions", "gauge", ("topic",), "Partitions of a topic.")
KAFKA_END = Metric("kafka_topic_partition_current_offset", "gauge", PLACE, "Next offset of a partition.")
KAFKA_FIRST = Metric("kafka_topic_partition_oldest_offset", "gauge", PLACE, "First offset kept of a partition.")
KAFKA_MEMBERS = Metric("kafka_consumergroup_members", "gauge", ("consumergroup",), "Members of a group.")
KAFKA_DONE = Metric(
    "kafka_consumergroup_current_offset", "gauge", ("consumergroup", *PLACE), "Offset a group committed."
)
KAFKA_LAG = Metric("kafka_consumergroup_lag", "gauge", ("consumergroup", *PLACE), "Messages not done.")
KAFKA_DONE_SUM = Metric(
    "kafka_consumergroup_current_offset_sum", "gauge", ("consumergroup", "topic"), "Offsets a group committed, summed."
)
KAFKA_LAG_SUM = Metric("kafka_consumergroup_lag_sum", "gauge", ("consumergroup", "topic"), "Messages not done, summed.")

ALL: tuple[Metric, ...] = (
    BUILD, JOBS, WAIT, BATCH, STEP, BUSY, STARVED, RETRIES, BREAKERS, PENDING, DEAD_LETTERS, STORE_ERRORS, TOKENS, COST,
    GPU_MEMORY, GPU_BUSY, DISK, FUNNEL, SCORE, TRIPLETS, SHELVED, LAG, LAG_SECONDS, DONE, MEMBERS, PAUSED, RETENTION,
    LEDGERS, OLDEST, PARKED, ACCEPTANCE, SEEN, SPENT, LIMIT, PRICE, DRIFTED, CANARY_AT, KAFKA_BROKERS, KAFKA_PARTITIONS,
    KAFKA_END, KAFKA_FIRST, KAFKA_MEMBERS, KAFKA_DONE, KAFKA_LAG, KAFKA_DONE_SUM, KAFKA_LAG_SUM,
)  # fmt: skip
