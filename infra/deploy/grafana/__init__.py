"""Grafana's dashboards as code; `python -m infra.deploy.grafana` writes dashboards/*.json from it."""
