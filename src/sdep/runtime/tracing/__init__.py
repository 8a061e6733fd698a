"""OpenTelemetry tracing, imported only where the environment asks for it: a span for each request, and one for each unit below it."""
