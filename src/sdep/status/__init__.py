"""What we saw, said plainly: pure functions from what is in the cluster to the status of a SeldonDeployment."""
