"""The page in a real Chromium. At the end of each test its console has neither an error nor a warning."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from sdep.operator.store import Store
from tests.unit.page.chromium import Tab
from tests.unit.page.cluster import HOSTILE, canary, compared, drifted, finding, shadowed

LIVE = "document.getElementById('live')?.textContent === 'live' && document.querySelector('main h1')"
TEXT = "document.querySelector('main').innerText"
FOCUSED = "document.activeElement.textContent"

LEAST_CONTRAST = """(() => {
  const numbers = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const light = ([red, green, blue]) => 0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
  const behind = (at) => {
    const colour = at ? numbers(getComputedStyle(at).backgroundColor) : [255, 255, 255];
    return colour[3] === 0 ? behind(at.parentElement) : colour;
  };
  const said = (one) => [...one.childNodes].some((child) => child.data?.trim());
  const written = [...document.querySelectorAll("main *:not(svg *)")].filter(said);
  const front = (one) => numbers(getComputedStyle(one).color);
  const both = written.map((one) => [light(front(one)), light(behind(one))].sort((a, b) => b - a));
  return Math.min(...both.map(([more, less]) => (more + 0.05) / (less + 0.05)));
})()"""


async def opened(tab: Tab, address: str, view: str = "") -> None:
    await tab.look()
    await tab.call("Page.navigate", url=f"{address}/#/{view}")
    await tab.until(LIVE)


async def test_the_list_has_a_row_for_each_with_its_state_in_words(tab: Tab, address: str) -> None:
    await opened(tab, address)
    rows = await tab.value("[...document.querySelectorAll('tbody tr')].map(row => row.innerText)")
    assert len(rows) == 3
    assert [("✔ Ready" in row, "✖ Failed" in row) for row in rows] == [(True, False), (True, False), (False, True)]
    assert "main 75, canary 25" in rows[1]
    assert "3 SeldonDeployments, 1 not Ready" in await tab.value(TEXT)


async def test_the_filter_leaves_what_was_asked_for(tab: Tab, address: str) -> None:
    await opened(tab, address)
    await tab.value("document.querySelector('input[type=search]').focus()")
    await tab.call("Input.insertText", text="forest")
    await tab.until("document.querySelectorAll('tbody tr').length === 1")
    assert "ensemble" in await tab.value("document.querySelector('tbody tr').innerText")
    assert "1 of 3 SeldonDeployments" in await tab.value(TEXT)


async def test_one_of_them_has_its_graph_its_weights_and_its_models(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/ensemble")
    said = await tab.value("document.querySelector('svg[aria-label^=Graph]').getAttribute('aria-label')")
    assert said.startswith(
        "Graph of default: average (AVERAGE_COMBINER), calls forest (MODEL · MLFLOW_SERVER with forest/3) and"
    )
    assert await tab.value("document.querySelectorAll('svg[aria-label^=Graph] .box').length") == 4
    assert await tab.value("document.querySelectorAll('svg[aria-label^=Graph] .edge').length") == 3
    text = await tab.value(TEXT)
    assert "100 % routed" in text
    assert "forest/3 ✔ served now" in text


async def test_a_rollout_has_its_steps_and_each_finding_as_an_interval_with_a_verdict_in_words(
    tab: Tab, address: str
) -> None:
    await opened(tab, address, "models/prices")
    steps = await tab.value("[...document.querySelectorAll('.steps li')].map(step => step.innerText)")
    assert [step.splitlines()[-1] for step in steps] == ["✔ done", "◌ now", "to come"]
    plots = await tab.value(
        "[...document.querySelectorAll('.findings > li > svg')].map(plot => plot.getAttribute('aria-label'))"
    )
    assert plots == [
        "errors: estimate 0.05 points, between -0.4 to 0.31, allowed 0.5; Pass",
        "latency: estimate 11 %, between -3 to unbounded, allowed 25; Inconclusive",
        "refusals: estimate 4.2 points, between 2.9 to 5.6, allowed 2; Fail",
        "profit: measured 12.5, allowed 10; Pass",
    ]
    findings = await tab.value("[...document.querySelectorAll('.findings > li')].map(one => one.innerText)")
    words = ["✔ passes", "◌ not clear yet", "✖ fails", "◌ no data yet", "✔ passes"]
    assert [word in found for word, found in zip(words, findings, strict=True)] == [True] * 5
    text = await tab.value(TEXT)
    assert "step 1 of 3 passed" in text
    assert "desk ◌ closed 503 nobody has signed" in text


async def test_an_experiment_has_its_arms_and_what_each_metric_says_of_them(
    tab: Tab, address: str, store: Store
) -> None:
    store.put_sdep(compared(version=2))
    await opened(tab, address, "models/prices")
    arms = await tab.value(
        "[...document.querySelectorAll('table[aria-label=Arms] tbody tr')].map(row => row.innerText)"
    )
    assert ["60 % of 1,000" in arm for arm in arms] == [True, False]
    text = await tab.value(TEXT)
    assert "✔ canary wins by correct WinnerDeclared" in text.replace("\n", " ")
    assert "correct: canary beside main ✔ is better goal better by 20 points (-26 to -13)" in text.replace("\n", " ")
    plot = await tab.value("document.querySelector('svg[aria-label^=\"correct:\"]').getAttribute('aria-label')")
    assert plot == "correct: estimate -20 points, between -26 to -13, allowed ?; Better"


async def test_drift_has_its_findings_and_its_windows(tab: Tab, address: str, store: Store) -> None:
    """Which series have drifted and how far, a plot of the windows, and of a predictor without one that it collects."""
    store.put_sdep(drifted(version=2))
    await opened(tab, address, "models/prices")
    rows = await tab.value(
        "[...document.querySelectorAll('table[aria-label=\"What main sees\"] tbody tr')].map(row => row.innerText)"
    )
    assert ["✖ drifted" in row for row in rows] == [True, False]
    assert "34.2 %" in rows[0]
    assert "1.5 %" in rows[1]
    text = (await tab.value(TEXT)).replace("\n", " ")
    assert "main ✖ features have drifted FeaturesDrifted" in text
    assert "canary ◌ collecting a window Collecting" in text
    assert await tab.value("document.querySelectorAll('svg[aria-label^=\"Course\"]').length") == 1


async def test_shadows_have_what_agrees_and_how_far_the_rest_is_apart(tab: Tab, address: str, store: Store) -> None:
    """Labels, quantiles, failures, and in words only what is beyond chance; of one that is young, that it is."""
    store.put_sdep(shadowed(version=2))
    await opened(tab, address, "models/prices")
    text = (await tab.value(TEXT)).replace("\n", " ")
    assert "forest 96 % agree (90 % to 99 %)" in text
    assert "young ◌ nothing to compare yet" in text
    measures = await tab.value(
        "[...document.querySelectorAll('table[aria-label=\"Measures of forest\"] tbody tr')].map(row => row.innerText)"
    )
    assert ["slower in 90 of 100 that differ" in row for row in measures] == [False, False, True, False, False]
    assert "no difference beyond chance" in measures[1]
    assert "half up to 2 ms" in measures[2]
    assert "shadow alone 1" in measures[3]
    labels = await tab.value("document.querySelector('table[aria-label=\"Labels of forest\"] tbody').innerText")
    assert HOSTILE in labels


async def test_an_interval_ends_where_its_numbers_say(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/prices")
    ends = await tab.value(
        "[...document.querySelectorAll('.findings > li:first-child > svg .interval, .findings > li:first-child > svg .threshold')]"
        ".map(line => [line.x1.baseVal.value, line.x2.baseVal.value])"
    )
    dot = await tab.value("document.querySelector('.findings > li:first-child > svg circle').cx.baseVal.value")
    (threshold, _), (low, high) = ends
    scale = (high - low) / (0.31 + 0.4)
    assert (dot - low) / scale == pytest.approx(0.45, abs=0.01)
    assert (threshold - low) / scale == pytest.approx(0.9, abs=0.01)


async def test_what_is_not_ready_says_why_and_what_to_do(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/volumes")
    text = await tab.value(TEXT)
    assert "Why it is not Ready" in text
    assert "To do: Correct the image's name" in text


async def test_a_change_appears_without_reloading(tab: Tab, address: str, store: Store) -> None:
    await opened(tab, address, "models/prices")
    await tab.value("window.same = true")
    store.put_sdep(
        canary(
            finding("errors", "Fail", "too many", estimate=3.0, low=1.2, high=4.9, threshold=0.5),
            step=2,
            share=50,
            version=2,
        )
    )
    await tab.until(f"{TEXT}.includes('50 % routed') && {TEXT}.includes('too many')")
    steps = await tab.value("[...document.querySelectorAll('.steps li')].map(step => step.className)")
    assert steps == ["done", "done", "now"]
    assert await tab.value("document.querySelector('svg[aria-label^=Weights] path').getAttribute('d').includes('V')")
    assert await tab.value("window.same")


async def test_a_row_comes_changes_and_goes_without_reloading(tab: Tab, address: str, store: Store) -> None:
    await opened(tab, address)
    store.put_sdep(canary(share=60, version=2))
    await tab.until(f"{TEXT}.includes('main 40, canary 60')")
    store.drop_sdep(canary())
    await tab.until("document.querySelectorAll('tbody tr').length === 2")


async def test_a_reader_keeps_the_focus_and_what_was_opened_while_things_change(
    tab: Tab, address: str, store: Store
) -> None:
    await opened(tab, address, "models/prices")
    opened_part = "document.querySelector('details[data-key=deployment-prices-main-0-price]').open"
    await tab.value(f"{opened_part} = true")
    await tab.value("document.querySelector('a[data-key=back]').focus()")
    store.put_sdep(canary(share=50, version=2))
    await tab.until(f"{TEXT}.includes('50 % routed')")
    assert await tab.value(opened_part)
    assert await tab.value(FOCUSED) == "← all SeldonDeployments"


async def test_everything_is_reached_by_keyboard(tab: Tab, address: str) -> None:
    await opened(tab, address)
    reached = []
    while not reached or reached[-1] != "prices":
        assert len(reached) < 20
        await tab.press("Tab")
        reached.append(
            await tab.value(
                f"{FOCUSED} || document.activeElement.getAttribute('aria-label') || document.activeElement.type"
            )
        )
    assert reached == ["Skip to the content", "SeldonDeployments", "Filter", "checkbox", "ensemble", "prices"]
    assert await tab.value("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    await tab.press("Enter")
    await tab.until("document.querySelector('.steps')")
    assert await tab.value(FOCUSED) == "prices"
    await tab.press("Tab")
    assert await tab.value("document.activeElement.getAttribute('aria-label')") == "Graph of main"
    await tab.press("Tab")
    assert await tab.value("document.activeElement.tagName") == "SUMMARY"
    await tab.press("Enter")
    assert await tab.value("document.activeElement.parentElement.open")


async def test_a_model_says_what_it_was_made_of(tab: Tab, address: str) -> None:
    """Commit, data and image stand in short below the model, whatever a data set is called."""
    await opened(tab, address, "models/prices")
    text = await tab.value(TEXT)
    assert f"commit 1a2b3c4d5e6f · data {HOSTILE}@9f86 · image sha256:abababababab" in text


async def test_text_from_the_cluster_is_never_run(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/prices")
    assert HOSTILE in await tab.value(TEXT)
    assert await tab.value("document.querySelectorAll('img').length") == 0
    assert await tab.value("document.title") == "prices · SeldonDeployments"


async def test_nothing_is_asked_of_another_host(tab: Tab, address: str) -> None:
    for view in ("", "models/prices", "models/ensemble", "models/volumes"):
        await opened(tab, address, view)
    hosts = {urlsplit(asked).netloc for asked in tab.asked if not asked.startswith("about:")}
    assert hosts == {urlsplit(address).netloc}


async def test_who_prefers_dark_gets_light_letters_on_a_dark_page(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/prices")
    brightness = (
        "(of => getComputedStyle(document.body)[of].match(/\\d+/g).slice(0, 3).reduce((sum, part) => sum + +part, 0))"
    )
    light = [await tab.value(f"{brightness}('{name}')") for name in ("backgroundColor", "color")]
    shown = await tab.screenshot()
    await tab.look(scheme="dark")
    dark = [await tab.value(f"{brightness}('{name}')") for name in ("backgroundColor", "color")]
    assert light[0] > light[1] + 500
    assert dark[1] > dark[0] + 500
    assert await tab.screenshot() != shown


@pytest.mark.parametrize("view", ["", "models/prices", "models/ensemble", "models/volumes"])
async def test_a_narrow_screen_shows_everything_without_scrolling_sideways(tab: Tab, address: str, view: str) -> None:
    await opened(tab, address, view)
    await tab.look(width=360)
    await tab.until("innerWidth === 360 && document.documentElement.scrollWidth <= 360")


async def test_colours_of_words_stand_out_from_what_they_are_on(tab: Tab, address: str) -> None:
    """By the rule of WCAG 2.2, level AA: 4.5 to 1."""
    for view in ("models/prices", "models/volumes"):
        await opened(tab, address, view)
        for scheme in ("light", "dark"):
            await tab.look(scheme=scheme)
            assert await tab.value(LEAST_CONTRAST) >= 4.5, (view, scheme)


async def test_what_is_not_there_says_so_and_leads_back(tab: Tab, address: str) -> None:
    await opened(tab, address, "models/nothing")
    text = await tab.value(TEXT)
    assert "NotFound: the operator watches no SeldonDeployment 'nothing' in namespace models" in text
    assert await tab.value("document.querySelector('a[data-key=back]').hash") == "#/"
    tab.problems.clear()  # Chromium says that an address was not found
