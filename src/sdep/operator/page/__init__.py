"""The page on which a browser sees every SeldonDeployment, its traffic and its rollout, as the watches tell of them."""
