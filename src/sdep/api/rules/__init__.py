"""The rules that a manifest must keep, one function a rule. The webhook, the reconciler and `sdep lint` run the same ones."""
