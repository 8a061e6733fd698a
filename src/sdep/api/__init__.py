"""What a user may say: the SeldonDeployment resource, its defaults, its rules and its CustomResourceDefinition."""
