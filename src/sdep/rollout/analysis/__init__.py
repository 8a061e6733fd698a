"""How a canary is judged: evidence in, findings out. Each rule is a file, and says where its formula comes from."""

from sdep.rollout.analysis.findings import Look, analyse, unseen, verdict

__all__ = ["Look", "analyse", "unseen", "verdict"]
