"""What is shipped to install the operator."""
