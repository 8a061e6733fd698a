"""What a predictor has done so far, counted: the runtime counts it, the operator collects it and judges by it."""
