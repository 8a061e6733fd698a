"""Why a model predicts what it predicts: one method a file, each a function of rows and what is known of the model."""
