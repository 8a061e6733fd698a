"""What this process is asked and what it answers, counted in the bins of its model's reference data, beside the requests' way."""
