"""How fast the operator and the runtime are; `docs/performance.md` has the figures."""
