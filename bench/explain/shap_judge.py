"""Run by the Python that has the shap library: `shap_judge.py FOLDER` explains the models in the folder, and leaves what it found.

Knows nothing of ours: it reads `rows.npz`, `<name>.joblib` for each name in it, and writes `judged.npz`.
"""

import sys
import warnings
from pathlib import Path

import joblib
import numpy as np


def main() -> None:
    import shap  # noqa: PLC0415 - takes seconds, and is the judge

    folder = Path(sys.argv[1])
    given = np.load(folder / "rows.npz")
    rows, behind = given["rows"], given["behind"]
    found = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in given["trees"]:
            explainer = shap.TreeExplainer(
                joblib.load(folder / f"{name}.joblib"), feature_perturbation="tree_path_dependent"
            )
            found[f"{name} values"] = explainer.shap_values(rows)
            found[f"{name} base"] = explainer.expected_value
        linear = joblib.load(folder / "linear.joblib")
        found["linear values"] = shap.LinearExplainer(
            linear, shap.maskers.Independent(behind, len(behind))
        ).shap_values(rows)
        kernel = joblib.load(folder / "boosting.joblib")
        found["kernel values"] = shap.KernelExplainer(kernel.predict, behind).shap_values(rows[:5], silent=True)
    np.savez(folder / "judged.npz", **found)


main()
