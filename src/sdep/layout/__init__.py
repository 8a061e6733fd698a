"""Which pods and containers a predictor becomes, and which ports they have: decided once, before anything is rendered."""
