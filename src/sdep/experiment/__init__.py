"""Which of several predictors is better, from what all of them did: evidence in, a report and perhaps a winner out."""
