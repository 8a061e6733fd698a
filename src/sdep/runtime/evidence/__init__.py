"""What this process has answered, counted as it answers, for whoever has to judge the predictor."""
