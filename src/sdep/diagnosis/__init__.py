"""What people are told of a SeldonDeployment: the tree of what runs for it, and why it is not ready. Pure."""
