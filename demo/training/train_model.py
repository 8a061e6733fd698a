"""Train price models on three years of real monthly prices and register them, with stages and aliases.

The task: next month's oil price from this month's oil, gas and dollar prices. `commodity_prices.csv` holds monthly averages of
WTI crude (USD a barrel) and Henry Hub gas (USD per million BTU) as published by the US Energy Information Administration, and of
USD per EUR as published by the European Central Bank, all rounded.
"""

from __future__ import annotations

import sys
import warnings
from importlib.metadata import version
from pathlib import Path

import mlflow
import pandas as pd
from mlflow import MlflowClient
from mlflow.models import infer_signature
from sklearn.ensemble import GradientBoostingRegressor, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

DATA = Path(__file__).with_name("commodity_prices.csv")
FEATURES = ["oil", "gas", "eurusd"]
SEED = 7
REQUIREMENTS = [f"{name}=={version(name)}" for name in ("scikit-learn", "cloudpickle", "pandas")]

VERSIONS = {
    "commodity_price_predictor": [
        LinearRegression(),
        make_pipeline(StandardScaler(), LinearRegression()),
        GradientBoostingRegressor(n_estimators=40, max_depth=2, random_state=SEED),
    ],
    "commodity_random_forest": [RandomForestRegressor(n_estimators=20, random_state=SEED)],
    "commodity_gradient_boosting": [GradientBoostingRegressor(n_estimators=40, max_depth=2, random_state=SEED)],
}
STAGES = {
    "commodity_price_predictor": {"1": "Production", "2": "Staging"},
    "commodity_random_forest": {"1": "Production"},
    "commodity_gradient_boosting": {"1": "Production"},
}
ALIASES = {"champion": "1", "challenger": "2", "experimental": "3"}


def main() -> int:
    """Register every version that the registry does not have yet; running it again changes nothing."""
    warnings.filterwarnings("ignore", category=FutureWarning)  # MLflow prefers aliases to stages; both are shown here
    client = MlflowClient()
    mlflow.set_experiment("commodity prices")
    prices = pd.read_csv(DATA)
    inputs, target = prices[FEATURES][:-1], prices["oil"].shift(-1)[:-1]
    for name, estimators in VERSIONS.items():
        present = len(client.search_model_versions(f"name = '{name}'"))
        for estimator in estimators[present:]:
            _register(name, estimator, inputs, target)
        for number, stage in STAGES[name].items():
            client.transition_model_version_stage(name, number, stage)
    for alias, number in ALIASES.items():
        client.set_registered_model_alias("commodity_price_predictor", alias, number)
    return 0


def _register(name: str, estimator: LinearRegression, inputs: pd.DataFrame, target: pd.Series) -> None:
    with mlflow.start_run(run_name=type(estimator).__name__):
        estimator.fit(inputs, target)
        mlflow.log_metric("r2", estimator.score(inputs, target))
        info = mlflow.sklearn.log_model(
            estimator,
            name="model",
            registered_model_name=name,
            signature=infer_signature(inputs, estimator.predict(inputs)),
            input_example=inputs.head(1),
            serialization_format="cloudpickle",
            pip_requirements=REQUIREMENTS,  # finding them out by itself takes MLflow ten seconds a model
        )
        sys.stdout.write(f"{name} version {info.registered_model_version}: {type(estimator).__name__}\n")


if __name__ == "__main__":
    sys.exit(main())
