"""The sequence as a short script does it: no preflight, no retries, no report. What BenchmarkProcess compares with."""

import json
import os
import ssl
import sys
import time
import urllib.request
import xml.etree.ElementTree as ET


def given(name):
    return os.environ["INPUT_" + name.upper()]


context = None
if os.environ.get("INPUT_CA-CERTIFICATE"):
    context = ssl.create_default_context()
    context.load_verify_locations(cadata=given("ca-certificate"))


def call(method, url, headers, body=None):
    request = urllib.request.Request(url, data=body, headers=headers, method=method)
    with urllib.request.urlopen(request, context=context) as answer:
        return answer.read()


def dbt(method, path, body=None):
    headers = {"Authorization": "Bearer " + given("dbt-token"), "Content-Type": "application/json"}
    url = given("dbt-url") + "/api/v2/accounts/" + given("dbt-account-id") + path
    return json.loads(call(method, url, headers, body))["data"]


run = dbt("POST", "/jobs/" + given("dbt-job-id") + "/run/", json.dumps({"cause": "naive"}).encode())
while run["status"] not in (10, 20, 30):
    time.sleep(1)
    run = dbt("GET", "/runs/" + str(run["id"]) + "/")
if run["status"] != 10:
    sys.exit("the run failed")

tableau = given("tableau-url") + "/api/3.24"
names = {"t": "http://tableau.com/api"}
session = ET.fromstring(call("POST", tableau + "/auth/signin", {"Content-Type": "application/xml"}, (
    '<tsRequest><credentials personalAccessTokenName="' + given("tableau-token-name")
    + '" personalAccessTokenSecret="' + given("tableau-token-value")
    + '"><site contentUrl="' + given("tableau-site") + '"/></credentials></tsRequest>').encode()))
headers = {"X-Tableau-Auth": session.find("t:credentials", names).get("token"), "Content-Type": "application/xml"}
site = tableau + "/sites/" + session.find(".//t:site", names).get("id")

job = ET.fromstring(call("POST", site + "/workbooks/" + given("tableau-workbooks") + "/refresh", headers, b"<tsRequest/>"))
address = site + "/jobs/" + job.find("t:job", names).get("id")
while job.find("t:job", names).get("completedAt") is None:
    time.sleep(1)
    job = ET.fromstring(call("GET", address, headers))
if job.find("t:job", names).get("finishCode") != "0":
    sys.exit("the refresh failed")
