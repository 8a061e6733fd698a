"""The dashboards of the chart; `python -m charts.boards` writes them as Grafana's JSON."""
