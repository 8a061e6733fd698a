"""What catalogues of data and models are told: which model a SeldonDeployment serves, and what became of it."""
