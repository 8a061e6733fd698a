"""A version's tag says who serves it now: no more, no less, and not before the pods do."""

from __future__ import annotations

from sdep.registry.served_tag import Serving, changes, share

ONE, TWO = ("price", "1"), ("price", "2")
MAIN, CANARY = "data/prices/main", "data/prices/canary"


def everything_is_known(_: str) -> bool:
    return False


def serving(
    predictor: str = MAIN, version: tuple[str, str] = ONE, part: str = "100%", *, settled: bool = True
) -> Serving:
    return Serving(predictor, version, part, settled)


def test_a_version_that_is_served_says_where_and_how_much() -> None:
    both = [serving(part="80%"), serving(CANARY, part="20%"), serving("data/other/main", TWO)]
    assert changes({}, both, unsettled=everything_is_known) == {
        ONE: f"{CANARY}=20% {MAIN}=80%",
        TWO: "data/other/main=100%",
    }


def test_what_is_said_already_is_not_written_again() -> None:
    assert changes({ONE: f"{MAIN}=100%"}, [serving()], unsettled=everything_is_known) == {}


def test_a_moved_predictor_changes_its_tags_when_its_new_pods_have_taken_over() -> None:
    tagged = {ONE: f"{MAIN}=100%"}
    assert changes(tagged, [serving(version=TWO, settled=False)], unsettled=everything_is_known) == {}
    assert changes(tagged, [serving(version=TWO)], unsettled=everything_is_known) == {ONE: "", TWO: f"{MAIN}=100%"}


def test_a_predictor_without_a_pod_that_answers_serves_nothing() -> None:
    assert changes({ONE: f"{MAIN}=100%"}, [serving(part="")], unsettled=everything_is_known) == {ONE: ""}


def test_what_is_gone_goes_and_leaves_the_others_of_its_version() -> None:
    tagged = {ONE: f"data/gone/main=100% {MAIN}=100%", TWO: "data/gone/canary=5%"}
    assert changes(tagged, [serving()], unsettled=everything_is_known) == {ONE: f"{MAIN}=100%", TWO: ""}


def test_of_what_nobody_has_looked_at_yet_the_tags_stay() -> None:
    tagged = {ONE: f"data/later/main=100% {CANARY}=5%"}
    assert changes(tagged, [], unsettled=lambda predictor: predictor == "data/later/main") == {
        ONE: "data/later/main=100%"
    }


def test_what_somebody_else_wrote_into_a_tag_of_ours_is_corrected() -> None:
    assert changes({ONE: "hello = a=b=c"}, [serving()], unsettled=everything_is_known) == {ONE: f"{MAIN}=100%"}


def test_a_shadows_share_is_told_from_traffic() -> None:
    assert (share(20, mirrored=False), share(20, mirrored=True)) == ("20%", "mirror:20%")
