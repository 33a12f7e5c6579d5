"""What is said: messages, topics, ids, ports, errors, metric specs and the taxonomy of edits."""
