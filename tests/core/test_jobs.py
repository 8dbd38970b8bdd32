"""Long jobs: ordered once, told in words, seen by nobody else, and gone when their time is over."""

import json
import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.db import OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from procrastinate.contrib.django.models import ProcrastinateJob

from tests.factories import UserFactory
from website.core import jobs
from website.core.contributions import job_access, job_kinds
from website.core.job_files import delete_stray_files, give_up_lost_jobs, sweep_jobs
from website.core.jobs import JobError, repeat_job, run_job, start_job, stop_job
from website.core.models import JobStatus, LongJob
from website.storage import private

pytestmark = pytest.mark.django_db


@pytest.fixture
def kind():
    """Register kinds of jobs for one test."""
    added = []

    def add(work, name="tests.kind", access=None):
        job_kinds.add(name, work)
        added.append((job_kinds, name))
        if access:
            job_access.add(name, access)
            added.append((job_access, name))

    yield add
    for registry, name in added:
        del registry._entries[name]


def three_lines(job, progress):
    progress.set_total(3)
    with progress.open_file("Året på tal.csv") as file:
        for _ in range(3):
            file.write("æ;1\n".encode())
            progress.advance()
    progress.result(rows=3)


def order(user=None, **given):
    return start_job(kind="tests.kind", user=user or UserFactory(), title="Tal for året", **given)


def done(user=None):
    job = order(user)
    run_job(job.pk)
    job.refresh_from_db()
    return job


def two_days_old(path):
    then = (timezone.now() - timedelta(days=2)).timestamp()
    os.utime(private().path(path), (then, then))


# The work


def test_the_file_and_what_came_of_it_are_kept_for_whoever_ordered_it(kind, settings):
    kind(three_lines)
    settings.RETENTION = settings.RETENTION | {"job_files": {"days": 5}}

    job = done()

    assert (job.status, job.done, job.total, job.result) == (JobStatus.DONE, 3, 3, {"rows": 3})
    assert job.file.read() == "æ;1\næ;1\næ;1\n".encode()
    assert job.filename == "Året på tal.csv"
    assert job.expires_at - job.finished_at == timedelta(days=5)


def test_the_order_and_the_work_are_rolled_back_together(kind):
    kind(three_lines)
    user = UserFactory()

    with pytest.raises(RuntimeError), transaction.atomic():
        order(user)
        raise RuntimeError

    assert not LongJob.objects.exists()
    assert not ProcrastinateJob.objects.filter(task_name="core.run_long_job").exists()


def test_a_button_pressed_twice_orders_once_and_another_choice_is_another_job(kind):
    kind(three_lines)
    user = UserFactory()

    first = order(user, parameters={"year": 2026})

    assert order(user, parameters={"year": 2026}) == first
    assert order(user, parameters={"year": 2025}) != first
    assert order(UserFactory(), parameters={"year": 2026}) != first
    assert ProcrastinateJob.objects.filter(task_name="core.run_long_job").count() == 3


def test_long_jobs_never_take_all_of_a_worker(kind, settings):
    kind(three_lines)
    for _ in range(10):
        order()

    lanes = set(ProcrastinateJob.objects.filter(task_name="core.run_long_job").values_list("lock", flat=True))

    assert len(lanes) <= settings.LONG_JOB_LANES < settings.PROCRASTINATE_WORKER_DEFAULTS["concurrency"]


def test_an_unknown_kind_is_refused_at_once():
    with pytest.raises(KeyError):
        start_job(kind="tests.unknown", user=UserFactory(), title="?")


def test_what_went_wrong_is_told_in_the_words_of_the_kind(kind):
    def fails(job, progress):
        raise JobError("Der er ingen deltagere i perioden.")

    kind(fails)

    job = done()

    assert (job.status, job.error) == (JobStatus.FAILED, "Der er ingen deltagere i perioden.")


def test_a_fault_of_ours_is_told_without_its_values_to_people_and_log(kind, caplog):
    def fails(job, progress):
        with progress.open_file("halv.csv") as file:
            file.write(b"half")
        raise ValueError("anna@example.dk")

    kind(fails)

    job = done()

    assert job.status == JobStatus.FAILED
    assert job.error.startswith("Noget gik galt hos os")
    assert not job.file
    assert "ValueError" in caplog.text
    assert "anna" not in caplog.text + job.error


def test_when_the_database_goes_away_the_work_is_tried_again_but_not_for_ever(kind):
    def fails(job, progress):
        raise OperationalError

    kind(fails)
    job = order()

    with pytest.raises(OperationalError):
        run_job(job.pk)
    job.refresh_from_db()
    assert job.status == JobStatus.RUNNING

    run_job(job.pk, attempt=jobs.MAX_ATTEMPTS - 1)
    job.refresh_from_db()
    assert job.status == JobStatus.FAILED


def test_work_that_takes_its_worker_with_it_every_time_is_given_up(kind):
    kind(three_lines)
    job = order()

    run_job(job.pk, attempt=jobs.MAX_ATTEMPTS)

    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.FAILED, "Arbejdet blev afbrudt flere gange, så det blev opgivet.")


def test_work_that_was_stopped_before_its_turn_is_never_done(kind):
    kind(three_lines)
    job = order()

    assert stop_job(job=job)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.status, job.done) == (JobStatus.STOPPED, 0)
    assert not stop_job(job=job)


def test_a_worker_thought_dead_that_wakes_up_changes_nothing(kind):
    def overtaken(job, progress):
        if job.parameters.pop("first", True):
            LongJob.objects.filter(pk=job.pk).update(parameters={"first": False})
            run_job(job.pk)  # another worker takes over and finishes
        with progress.open_file("tal.csv") as file:
            file.write(b"1")

    kind(overtaken)

    job = done()

    assert job.status == JobStatus.DONE
    assert job.file.read() == b"1"


def test_progress_is_told_at_most_a_few_times_a_second(kind, django_assert_max_num_queries):
    def counts(job, progress):
        for _ in range(10_000):
            progress.advance()

    kind(counts)
    job = order()

    with django_assert_max_num_queries(30):
        run_job(job.pk)

    job.refresh_from_db()
    assert (job.done, job.total) == (10_000, 10_000)


def test_the_work_speaks_the_language_it_was_ordered_in(kind):
    def fails(job, progress):
        raise JobError(get_language())

    kind(fails)
    job = order()

    run_job(job.pk, language="en")

    job.refresh_from_db()
    assert job.error == "en"


def test_what_failed_is_tried_again_under_the_same_address(kind):
    kind(three_lines)
    job = order()
    LongJob.objects.filter(pk=job.pk).update(status=JobStatus.FAILED, error="Nej", finished_at=timezone.now())

    assert repeat_job(job=job)
    run_job(job.pk)

    job.refresh_from_db()
    assert (job.status, job.error) == (JobStatus.DONE, "")
    assert not repeat_job(job=job)


# The pages


@pytest.mark.parametrize("address", ["files:job", "files:fetch", "long_job"])
def test_somebody_elses_job_does_not_exist(kind, client, address):
    kind(three_lines)
    job = done()
    client.force_login(UserFactory(administrator=True))

    response = client.get(reverse(address, args=[job.pk]))

    assert response.status_code == 404


def test_who_is_not_signed_in_is_asked_to(kind, client):
    kind(three_lines)
    job = done()

    for address in (reverse("files:index"), reverse("files:job", args=[job.pk]), reverse("files:fetch", args=[job.pk])):
        assert client.get(address).status_code == 302
        assert client.get(address)["Location"].startswith(reverse("account_login"))


def test_the_file_is_fetched_by_name_and_kept_by_nobody_on_the_way(kind, client):
    kind(three_lines)
    user = UserFactory()
    job = done(user)
    client.force_login(user)

    response = client.get(reverse("files:fetch", args=[job.pk]))

    assert b"".join(response.streaming_content) == "æ;1\næ;1\næ;1\n".encode()
    assert "attachment" in response["Content-Disposition"]
    assert "no-store" in response["Cache-Control"]


def test_access_that_has_ended_is_ended_for_old_files_too(kind, client):
    allowed = [True]
    kind(three_lines, access=lambda user, job: allowed[0])
    user = UserFactory()
    job = done(user)
    client.force_login(user)
    assert client.get(reverse("files:fetch", args=[job.pk])).status_code == 200

    allowed[0] = False

    assert client.get(reverse("files:fetch", args=[job.pk])).status_code == 403
    page = client.get(reverse("files:job", args=[job.pk])).content.decode()
    assert "Du har ikke længere adgang" in page
    assert "Hent Året" not in page


def test_the_page_tells_how_far_the_work_is_in_words_and_to_its_script(kind, client):
    kind(three_lines)
    user = UserFactory()
    job = order(user)
    LongJob.objects.filter(pk=job.pk).update(status=JobStatus.RUNNING, done=12_000, total=50_000)
    client.force_login(user)
    address = reverse("files:job", args=[job.pk])

    page = client.get(address).content.decode()
    state = json.loads(client.get(address, headers={"Accept": "application/json"}).content)

    assert "12.000 af 50.000" in page
    assert 'max="50000" value="12000"' in page
    assert state == {"running": True, "text": "12.000 af 50.000", "done": 12_000, "total": 50_000}


def test_the_buttons_stop_the_work_and_order_it_again(kind, client):
    kind(three_lines)
    user = UserFactory()
    job = order(user)
    client.force_login(user)
    address = reverse("files:job", args=[job.pk])

    assert client.post(address, {"stop": "1"})["Location"] == address
    job.refresh_from_db()
    assert job.status == JobStatus.STOPPED

    page = client.get(address).content.decode()
    assert "Arbejdet blev stoppet" in page
    client.post(address, {"again": "1"})
    job.refresh_from_db()
    assert job.status == JobStatus.QUEUED


def test_the_admin_shows_the_same_in_its_own_frame(kind, client):
    kind(three_lines)
    user = UserFactory(organiser=True)
    job = done(user)
    client.force_login(user)

    page = client.get(reverse("long_job", args=[job.pk])).content.decode()

    assert reverse("files:fetch", args=[job.pk]) in page
    assert "Tal for året" in client.get(reverse("long_jobs")).content.decode()


@pytest.mark.parametrize("address", ["files:index", "long_jobs"])
def test_the_list_costs_the_same_however_many_there_are(kind, client, address):
    kind(three_lines)
    user = UserFactory(organiser=True)
    client.force_login(user)

    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            assert client.get(reverse(address)).status_code == 200
        return len(caught)

    order(user)
    queries()
    few = queries()
    for year in range(20):
        order(user, parameters={"year": year})

    assert queries() == few


# The end


def test_a_file_goes_when_its_time_is_over_and_can_be_made_again(kind, client):
    kind(three_lines)
    user = UserFactory()
    job = done(user)
    path = job.file.name
    client.force_login(user)

    LongJob.objects.update(expires_at=timezone.now() - timedelta(minutes=1))
    assert client.get(reverse("files:fetch", args=[job.pk]))["Location"] == reverse("files:job", args=[job.pk])
    sweep_jobs()
    assert not private().exists(path)
    page = client.get(reverse("files:job", args=[job.pk])).content.decode()
    assert "Filen er slettet" in page
    client.post(reverse("files:job", args=[job.pk]), {"again": "1"})
    run_job(job.pk)

    job.refresh_from_db()
    assert job.file.read()


def test_a_file_whose_owner_was_deleted_goes_too(kind):
    kind(three_lines)
    job = done()
    path = job.file.name
    job.requested_by.delete()

    delete_stray_files()
    assert private().exists(path)  # it might be one that is being written

    two_days_old(path)
    delete_stray_files()
    assert not private().exists(path)


def test_work_that_no_worker_will_do_is_told_to_be_lost(kind):
    kind(three_lines)
    lost, waiting = order(), order()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE args ->> 'pk' = %s", [str(lost.pk)])
    LongJob.objects.update(created_at=timezone.now() - timedelta(hours=1))

    give_up_lost_jobs()

    lost.refresh_from_db()
    waiting.refresh_from_db()
    assert (lost.status, lost.error) == (JobStatus.FAILED, "Arbejdet gik tabt, før det var færdigt.")
    assert waiting.status == JobStatus.QUEUED


def test_a_stray_file_with_any_name_goes(kind):
    path = private().save("jobs/2020/01/7.csv", ContentFile(b"x"))

    two_days_old(path)

    assert delete_stray_files() == 1

    assert not private().exists(path)
