"""The variables that several dashboards have, with the same names, so that a link takes them along."""

from infra.deploy.grafana.board import Ask, Choose

OVER = Choose("over", ("10m", "5m", "30m", "1h", "6h"), "The time that rates are averaged over.", spans=True)
WINDOW = Choose("window", ("6h", "10m"), "What acceptance and cost are told over: one steady, one quick.")
STAGE = Choose(
    "stage",
    ("judge", "gate", "screen", "inverse", "composite"),
    "The stage whose acceptance the tables and lines tell.",
)
OPERATION_GROUP = Ask(
    "operation_group", "nhr_funnel_total", "Groups of operations; 'none' where no edit was asked for yet."
)
ROLE = Ask("role", "up", "What a process is: editor, director, mine, ...")
GROUP = Ask("group", "nhr_lag_messages", "A consumer group: editor, director, ...")
TOPIC = Ask("topic", "kafka_topic_partitions", "A topic of Kafka's.")
