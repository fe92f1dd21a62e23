"""Runs tableauserverclient and tabcmd against the sandbox, and checks how they read its responses.

The program of tabcmd is the only argument. The environment has the URL, the site, and the token of the sandbox.
"""

import os
import subprocess
import sys

import tableauserverclient as tsc
from tableauserverclient.server.endpoint.exceptions import JobFailedException

URL, SITE = os.environ["TABLEAU_URL"], os.environ["TABLEAU_SITE"]
TOKEN, SECRET = os.environ["TABLEAU_TOKEN_NAME"], os.environ["TABLEAU_TOKEN_VALUE"]


def check(what, got, want):
    """Prints the value if it is as expected; otherwise, ends the program."""
    if got != want:
        sys.exit(f"FAILED: {what}: got {got!r}, want {want!r}")
    print(f"  {what}: {got!r}")


def raised(kind, call, *args):
    """Returns the exception of that kind that the call raises."""
    try:
        result = call(*args)
    except kind as err:
        return err
    sys.exit(f"FAILED: no {kind.__name__}, but {result!r}")


def python_client():
    server = tsc.Server(URL)
    server.use_server_version()
    check("version", server.version, "3.26")

    wrong = tsc.PersonalAccessTokenAuth(TOKEN, "mistyped", SITE)
    check("wrong token", raised(tsc.FailedSignInError, server.auth.sign_in, wrong).code, "401001")

    server.auth.sign_in(tsc.PersonalAccessTokenAuth(TOKEN, SECRET, SITE))
    check("user", server.users.get_by_id(server.user_id).name, "analytics@nordlys.example")
    lists(server)
    refreshes(server)
    server.auth.sign_out()
    check("signed out", server.is_signed_in(), False)


def lists(server):
    workbooks, pagination = server.workbooks.get()
    check("workbooks", (len(workbooks), pagination.total_available), (6, 6))
    paged = tsc.Pager(server.workbooks, tsc.RequestOptions(pagesize=4))
    check("two pages", [w.id for w in paged] == [w.id for w in workbooks], True)
    check("filter by name", len(server.workbooks.filter(name="Weekly revenue")), 2)
    check("filter by tag", [d.name for d in server.datasources.filter(tags="after-dbt")], ["Orders"])
    check("projects", len(server.projects.filter(name="Weekly")), 2)
    check("connections", connections(server, workbooks[0]), ["snowflake"])


def connections(server, workbook):
    server.workbooks.populate_connections(workbook)
    return [c.connection_type for c in workbook.connections]


def refreshes(server):
    first, failing = server.workbooks.get()[0][:2]
    job = server.workbooks.refresh(first)
    check("second refresh (409093)", server.workbooks.refresh(first), None)
    ended = server.jobs.wait_for_job(job, timeout=60)
    check("refresh", (ended.finish_code, ended.workbook_id), (tsc.JobItem.FinishCode.Success, first.id))

    job = server.workbooks.refresh(failing)
    failure = raised(JobFailedException, server.jobs.wait_for_job, job)
    check("reason of a failure", "Login failed for user" in str(failure.notes), True)
    check("jobs", sorted(j.status for j in server.jobs.get()[0]), ["Failed", "Success"])


def tabcmd(program):
    sign_in = ["login", "--server", URL, "--site", SITE, "--token-name", TOKEN, "--token-value"]
    run(1, program, *sign_in, "mistyped")
    run(0, program, *sign_in, SECRET)
    refresh = ["refreshextracts", "--synchronous", "--project", "Certified data", "--datasource", "Orders"]
    check("refresh", "finish_code(0)" in run(0, program, *refresh), True)
    run(0, program, "logout")


def run(exit_code, program, command, *args):
    """Runs a command of tabcmd, checks its exit code, and returns what it printed."""
    done = subprocess.run([program, command, *args], capture_output=True, text=True, timeout=120)
    printed = done.stdout + done.stderr
    if done.returncode != exit_code:
        print(printed, file=sys.stderr)
    check(f"tabcmd {command}", done.returncode, exit_code)
    return printed


python_client()
tabcmd(sys.argv[1])
