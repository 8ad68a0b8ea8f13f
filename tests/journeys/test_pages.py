"""Every page in a real browser: light and dark, wide and narrow, with and without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.browser import Scheme, Visitor, open_browser
from tests.journeys.installation import ask
from tests.journeys.web import web_server
from tests.personas import DOI, DRAFT_DOI, EMBARGOED_DOI, PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

_SEED = """
from config.installation import prepare_installation
prepare_installation()
from builder.models import Build, Snapshot
from catalog.causes import cause
from reproduce.issuing.issue import issue
from reproduce.issuing.statuses import revoke
from reproduce.models import Run, RunEvent
from reproduce.watches import watch
from django.utils import timezone
from catalog.audit import SERVICE
from catalog.tokens import make_token
from tests.evidence import make_environment, prove
from tests.personas import DRAFT_DOI, make_embargoed, make_people, make_publication
people = make_people()
paper = make_publication(people.owner)
make_publication(people.owner, doi=DRAFT_DOI, is_published=False)
paper.abstract = 'We measured, and then we looked. ' * 20
paper.funding = [{'funder': 'A funder', 'identifier': 'https://ror.org/00k4n6c32', 'award': '1'}]
paper.subjects = [{'text': 'silica'}]
paper.licence = 'CC-BY-4.0'
paper.save()
instrument = paper.instruments.create(name='A diffractometer', pid='10.5291/d22')
name = 'raw/a-folder/a-file-with-a-long-name-{}.nxs'
files = [{'path': name.format(n), 'size_bytes': n, 'sha256': 64 * 'a'} for n in range(9)]
dataset = paper.datasets.create(doi='10.5072/data', title='Raw data of silica spheres', files=files,
                                creators=paper.creators, version='1', licence='CC0-1.0', publisher='A repository')
dataset.instruments.add(instrument)
first, second = paper.targets.filter(state='confirmed')
proven = prove(first)
snapshot = proven.snapshot
environment = make_environment(snapshot)
many = [{'name': f'a-package-with-a-long-name-{n}', 'version': f'1.{n}.0'} for n in range(60)]
type(environment).objects.filter(pk=environment.pk).update(packages=[*environment.packages, *many])
Run.objects.filter(pk=proven.pk).update(environment=environment, build=environment.builds.get())
first.evidence.is_approximated = True
first.evidence.save()
advice = [
    {'id': 'unpinned', 'file': 'requirements.txt', 'line': 1, 'message': 'numpy is not pinned.', 'fix': 'numpy==1.18.2',
     'severity': 'warning'},
    {'id': 'python', 'file': '', 'line': None, 'message': 'No Python is named.', 'fix': 'Add runtime.txt.',
     'severity': 'note'},
]
patch = '''--- /dev/null
+++ b/requirements.txt
@@ -0,0 +1,2 @@
+numpy  # notebooks/figure-1.ipynb, cell 1
+scipy
'''
Snapshot.objects.update(advice=advice, declaration=patch)
watch(first, every_days=30)
why = cause('module-missing', cell=2, module='lmfit').as_dict()
why['evidence'] = "cell 2, line 1 | import lmfit | ModuleNotFoundError: No module named 'lmfit'" + 'x' * 90
failed = prove(second, verdict='failed', sandbox='none', cause=why)
active = Run.objects.create(target=second, reason='click', state='running', cells_total=9, cells_done=4)
RunEvent.objects.bulk_create(
    RunEvent(run=active, seq=n, kind='build', text=f'Resolving a requirement, number {n} of a long list of them')
    for n in range(1, 80)
)
stages = [{'stage': 'resolve', 'seconds': 3.2}, {'stage': 'download', 'seconds': 11.0}]
making = Build.objects.create(snapshot=snapshot, stages=stages, stage='install')
preparing = Run.objects.create(
    target=first, reason='click', state='preparing', as_of='today', snapshot=snapshot, build=making
)
cold = Build.objects.create(snapshot=snapshot, state='failed', stages=stages, stage='build')
why = cause('package-build-failed', package='x==1', reason='no compiler', python='3.7').as_dict()
unbuildable = Run.objects.create(
    target=second, reason='click', state='done', verdict='unbuildable', snapshot=snapshot, build=cold, cause=why
)
better, worse = issue(proven.pk), issue(failed.pk)
revoke(worse.pk, why='Its environment was not the one that the repository asks for.')
make_token(people.owner, name='robot', scopes=['read', 'run'], days=90, now=timezone.now(), by=SERVICE)
experiment = make_embargoed(people.owner).experiment_groups.get()
experiment.memberships.create(user=people.owner, is_manager=True)
answer = {'environment': environment.key, 'preparing': str(preparing.pk), 'unbuildable': str(unbuildable.pk),
          'proven': str(proven.pk), 'active': str(active.pk), 'failed': str(failed.pk),
          'group': experiment.pk, 'better': str(better.pk), 'worse': str(worse.pk)}
"""

# Each page, and who looks at it.
PAGES: dict[str, tuple[str, bool]] = {
    "home": ("/", False),
    "nothing found": ("/?q=gold", False),
    "publication": (f"/doi/{DOI}", False),
    "target with figures": (f"/doi/{DOI}/figure-1", False),
    "target that failed": (f"/doi/{DOI}/figure-2", False),
    "target of its author": (f"/doi/{DOI}/figure-1", True),
    "notebooks": (f"/notebooks/{DOI}", False),
    "dataset": ("/doi/10.5072/data", False),
    "run under way": ("/runs/{active}", False),
    "run that is over": ("/runs/{proven}", False),
    "run that makes its environment": ("/runs/{preparing}", False),
    "run without an environment": ("/runs/{unbuildable}", False),
    "environment": ("/environments/{environment}", False),
    "executed notebook": ("/runs/{proven}/notebook", False),
    "certificate": ("/certificates/{better}", False),
    "revoked certificate": ("/certificates/{worse}", False),
    "verify": ("/verify", False),
    "log": ("/log", False),
    "facilities": ("/facilities", False),
    "facility": ("/facilities/example-source", False),
    "about": ("/about", False),
    "login": ("/login", False),
    "signup": ("/signup", False),
    "not found": ("/nothing-here", False),
    "draft": (f"/doi/{DRAFT_DOI}", True),
    "edit": (f"/edit/{DRAFT_DOI}", True),
    "targets": (f"/targets/{DRAFT_DOI}", True),
    "register": ("/register", True),
    "mine": ("/mine", True),
    "tokens": ("/tokens", True),
    "embargoed": (f"/doi/{EMBARGOED_DOI}", False),
    "embargoed of its author": (f"/doi/{EMBARGOED_DOI}", True),
    "groups": ("/groups", True),
    "group": ("/groups/{group}", True),
    "audit log": ("/audit", True),
    "review links": (f"/review-links/{EMBARGOED_DOI}", True),
    "password": ("/password", True),
}
EXPECTED_WRONG = {"not found": "404"}


class Site:
    """The served installation, its browser, and windows that are kept open for all pages."""

    def __init__(self, browser: Browser, url: str, runs: dict[str, str]) -> None:
        self._browser, self.url, self.runs = browser, url, runs
        self._visitors: dict[tuple[int, Scheme, bool], Visitor] = {}

    def visitor(self, width: int, scheme: Scheme, is_owner: bool) -> Visitor:
        """Return a window of this kind, logged in as the owner of the papers or not at all."""
        key = (width, scheme, is_owner)
        if key not in self._visitors:
            self._visitors[key] = Visitor(self._browser, self.url, width=width, scheme=scheme)
            if is_owner:
                self._visitors[key].log_in("olga", PASSWORD)
        return self._visitors[key]

    def window(self, *, has_scripts: bool = True) -> Visitor:
        """Return a new window of the usual kind."""
        return Visitor(self._browser, self.url, has_scripts=has_scripts)

    def open(self, name: str, width: int, scheme: Scheme) -> Visitor:
        """Open a page by its name."""
        path, is_owner = PAGES[name]
        visitor = self.visitor(width, scheme, is_owner)
        visitor.forget_wrongs()
        # The stream of a run never ends, so "networkidle" would never come.
        visitor.page.goto(path.format(**self.runs), wait_until="load")
        return visitor


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    data = tmp_path_factory.mktemp("pages") / "data"
    runs = ask(data, _SEED)
    with web_server(data) as url, open_browser() as browser:
        yield Site(browser, url, runs)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_no_serious_barrier_and_nothing_the_browser_complains_of(
    name: str, width: int, scheme: Scheme, site: Site
) -> None:
    visitor = site.open(name, width, scheme)
    assert visitor.barriers() == []
    expected = EXPECTED_WRONG.get(name)
    assert [wrong for wrong in visitor.wrongs if not (expected and expected in wrong)] == []


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_the_narrowest_window(name: str, site: Site) -> None:
    assert site.open(name, 320, "light").overhang() == 0


def test_the_slider_uncovers_one_picture_over_the_other(site: Site) -> None:
    page = site.open("target with figures", 1280, "light").page
    page.get_by_label("Slider").check()
    published = page.locator(".pair .published")
    assert "50%" in published.evaluate("element => getComputedStyle(element).clipPath")
    page.get_by_label("Share of the published picture that is shown").fill("80")
    assert "20%" in published.evaluate("element => getComputedStyle(element).clipPath")


def test_the_difference_map_is_one_click_away(site: Site) -> None:
    page = site.open("target with figures", 1280, "dark").page
    difference = page.get_by_alt_text("Where the two pictures of Figure 1 differ")
    expect(difference).not_to_be_visible()
    page.get_by_label("Difference").check()
    expect(difference).to_be_visible()
    expect(page.get_by_alt_text("Figure 1 as published")).not_to_be_visible()


def test_without_scripts_both_pictures_and_the_difference_can_be_seen(site: Site) -> None:
    visitor = site.window(has_scripts=False)
    visitor.page.goto(f"/doi/{DOI}/figure-1")
    expect(visitor.page.get_by_alt_text("Figure 1 as published")).to_be_visible()
    expect(visitor.page.get_by_alt_text("Figure 1 as it came out")).to_be_visible()
    visitor.page.get_by_label("Difference").check()
    expect(visitor.page.get_by_alt_text("Where the two pictures of Figure 1 differ")).to_be_visible()
    visitor.close()


def test_without_scripts_a_run_under_way_shows_its_progress_and_loads_again(site: Site) -> None:
    visitor = site.window(has_scripts=False)
    visitor.page.goto(f"/runs/{site.runs['active']}")
    expect(visitor.page.get_by_text("4 of 9 cells done")).to_be_visible()
    with visitor.page.expect_navigation(timeout=10_000):
        pass
    visitor.close()


def test_without_scripts_a_certificate_package_is_saved_sent_and_found_genuine(site: Site, tmp_path: Path) -> None:
    visitor = site.window(has_scripts=False)
    page = visitor.page
    page.goto(f"/certificates/{site.runs['better']}")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download with all proofs").click()
    package = tmp_path / saved.value.suggested_filename
    saved.value.save_as(package)
    page.goto("/verify")
    page.get_by_label("Certificate or certificate package").set_input_files(package)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("The certificate is genuine and in force.")).to_be_visible()
    package.write_text(package.read_text().replace("reproduced", "identical", 1))
    page.get_by_label("Certificate or certificate package").set_input_files(package)
    page.get_by_role("button", name="Verify").click()
    expect(page.get_by_text("This is not a genuine certificate.")).to_be_visible()
    visitor.close()


def test_a_page_can_be_used_by_keyboard_alone(site: Site) -> None:
    visitor = site.window()
    page = visitor.page
    page.goto("/")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to the content")).to_be_focused()
    page.get_by_role("searchbox").focus()
    page.keyboard.type("silica")
    page.keyboard.press("Enter")
    page.wait_for_url("**/?q=silica*")
    page.get_by_role("link", name="Silica spheres").first.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/doi/{DOI}")
    visitor.close()


def test_the_pages_of_the_operator_work_under_the_policy(site: Site) -> None:
    ask_for_admin = site.window()
    ask_for_admin.page.goto("/admin/login/")
    assert ask_for_admin.wrongs == []
    ask_for_admin.close()


def test_the_data_directory_is_not_served(site: Site) -> None:
    visitor = site.window()
    for path in ("/static/../secret-key", "/static/%2e%2e/secret-key", "/secret-key", "/reprise.sqlite3"):
        answer = visitor.page.request.get(path)
        assert answer.status == 404
    visitor.close()


def test_static_files_have_names_of_their_content_and_are_kept_for_ever(site: Site) -> None:
    visitor = site.window()
    visitor.page.goto("/about")
    href = visitor.page.locator("link[rel=stylesheet]").last.get_attribute("href")
    assert href is not None
    assert Path(href).name != "app.css"
    assert "immutable" in visitor.page.request.get(href).headers["cache-control"]
    visitor.close()


def test_another_date_is_chosen_and_asked_for_without_scripts(site: Site) -> None:
    visitor = site.window(has_scripts=False)
    page = visitor.page
    page.goto(f"/doi/{DOI}/figure-1")
    page.get_by_text("As of another date", exact=True).click()
    page.get_by_label("the date of the publication").check()
    page.get_by_role("button", name="Reproduce Figure 1").click()
    page.wait_for_url("**/runs/*")
    expect(page.get_by_text("What if:")).to_be_visible()
    visitor.close()


def test_the_stages_of_a_build_are_told_in_words(site: Site) -> None:
    page = site.open("run that makes its environment", 1280, "light").page
    stages = page.get_by_role("list", name="Stages of the build")
    expect(stages.get_by_text("install under way")).to_be_visible()
    expect(stages.get_by_text("download 11.0 s")).to_be_visible()


def test_the_files_of_an_environment_are_saved_under_their_names(site: Site) -> None:
    page = site.open("environment", 1280, "light").page
    with page.expect_download() as saved:
        page.get_by_role("link", name="pylock.toml").click()
    assert saved.value.suggested_filename == "pylock.toml"
