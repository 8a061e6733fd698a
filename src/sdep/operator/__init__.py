"""The operator: kopf watches, one level-based `reconcile` acts. The only place that knows kopf."""
