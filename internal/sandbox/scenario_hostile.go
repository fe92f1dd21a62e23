package sandbox

import (
	"strings"
	"time"
)

// hostileLines are text that tries to be a workflow command, in each syntax and after each kind of line end; to end a value in
// a file of the runner; to be markup; and to be displayed as something else.
func hostileLines() []string {
	return []string{
		"::error title=Forged::not ours",
		"before ::set-output name=result::success",
		"##[error]not ours ##[add-mask]s",
		"one\r::warning::behind a carriage return\u2028::warning::behind a line separator\u0085::warning::behind a next line",
		"%0A::error::decoded%0D##[group]decoded",
		"_GitHubActionsFileCommandDelimeter_",
		"result<<_GitHubActionsFileCommandDelimeter_\nsuccess\n_GitHubActionsFileCommandDelimeter_",
		"\x1b[31mred\x1b[0m \x1b]8;;https://evil.example\x07link\x1b]8;;\x07 \x00nul \bback",
		"\u202egnp.txt\u202c \u2066isolated\u2069 \u200bzero\ufeff",
		"**bold** [link](javascript:alert(1)) ![image](https://evil.example/i.png) | cell | `code` ~~gone~~",
		"</details></table><script>alert(1)</script><img src=x onerror=alert(1)> &lt;b&gt; <!-- -->",
		"```mermaid\ngraph TD; A[\"x\"]-->B; click A \"https://evil.example\"\n``` %%{init: {}}%% end",
		"@octocat @org/team #1 GH-1 owner/repo#1 https://evil.example/",
		"::stop-commands::forged\n::add-mask::a\n::debug::b",
	}
}

// hostileName returns all hostileLines as one name; longText returns a text of 10,000 characters.
func hostileName() string { return strings.Join(hostileLines(), " ") }
func longText() string    { return strings.Repeat("länger und", 1000) }

func hostileScenario() Scenario {
	s := successScenario()
	s.Name = "hostile"
	s.Description = "Names, logs, and notes contain workflow commands, markup, and control characters."
	s.DBT = hostileAccount()
	site := &s.Tableau
	for i := range site.Projects {
		site.Projects[i].Name = hostileLines()[i] + " " + site.Projects[i].Name
	}
	for i, name := range []string{hostileName(), longText(), hostileLines()[1]} {
		site.Workbooks[i].Name, site.Workbooks[i].ContentURL = name, site.Workbooks[i].contentURL()
		site.Workbooks[i].Tags = append(site.Workbooks[i].Tags, hostileLines()...)
		site.Workbooks[i].Views = hostileLines()
	}
	site.Workbooks[2].Refreshes = []Refresh{{Finish: FinishFailed, Notes: strings.Join(hostileLines(), "\n") + longText()}}
	site.DataSources[0].Name, site.DataSources[0].ContentURL = hostileLines()[9], "orders"
	site.DataSources[0].Tables = []Table{{Database: hostileLines()[0], Schema: hostileLines()[2], Name: hostileName()}}
	return s
}

func hostileRunScenario() Scenario {
	s := hostileScenario()
	s.Name = "hostile-run"
	s.Description = "The run fails, and its log and messages contain workflow commands, markup, and control characters. Nothing is refreshed."
	nodes := brokenNodes()
	for i := range nodes {
		if nodes[i].Status == "error" || nodes[i].Status == "fail" {
			nodes[i].Message = strings.Join(hostileLines(), "\n") + longText()
		}
	}
	s.DBT.Jobs[0].Outcomes = []Outcome{{FailedCommand: "dbt build", Log: append(buildLog(nodes), hostileLines()...), Nodes: nodes, Message: hostileName()}}
	return s
}

// hostileAccount returns the dbt account with hostile names.
func hostileAccount() Account {
	account := nordlysAccount()
	account.Name = hostileLines()[0]
	job := &account.Jobs[0]
	job.Name, job.Description = hostileName(), longText()
	job.Setup[0].Name = hostileLines()[3]
	job.Steps = append([]Step{
		{Command: "dbt run-operation greet --args '{who: \"" + hostileLines()[0] + "\"}'", Duration: time.Second, Log: hostileLines()},
		{Command: "dbt run-operation " + longText(), Duration: time.Second, Log: []string{longText()}},
	}, job.Steps...)
	job.OtherRuns = append(job.OtherRuns, OtherRun{At: -time.Hour, Cause: hostileName(), Category: "api"})
	return account
}
