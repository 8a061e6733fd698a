"""How far each predictor is trusted: the weights that traffic follows."""
