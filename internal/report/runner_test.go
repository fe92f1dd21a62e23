package report

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// command is a workflow command as a runner parses it.
type command struct{ name, properties, data string }

// isRegistered reports whether a runner has a command of this name. Other lines are plain text to it.
func isRegistered(name string) bool {
	return slices.Contains([]string{
		"add-mask", "debug", "notice", "warning", "error", "group", "endgroup", "echo", "add-matcher", "remove-matcher", "stop-commands",
		"set-output", "save-state", "set-env", "add-path", "internal-set-repo-path",
	}, strings.ToLower(name))
}

// commandsIn returns the commands that a runner finds in a log. A lone carriage return also ends a line. After
// stop-commands, only its token is a command. Characters are ignored that a comparison by culture can ignore.
func commandsIn(log string) []command {
	log = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n").Replace(log)
	var found []command
	token := ""
	for line := range strings.SplitSeq(log, "\n") {
		line = strings.Map(func(r rune) rune {
			if unicode.In(r, unicode.Cf, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) || unicode.IsControl(r) && !unicode.IsSpace(r) {
				return -1
			}
			return r
		}, line)
		if token != "" {
			if strings.TrimSpace(line) == "::"+token+"::" {
				token = ""
			}
			continue
		}
		c, ok := parseCommand(line)
		if !ok {
			c, ok = parseLegacyCommand(line)
		}
		if !ok {
			continue
		}
		if c.name == "stop-commands" {
			token = c.data
		}
		found = append(found, c)
	}
	return found
}

// parseCommand parses "::name key=value,key=value::data" at the start of the line, after white space.
func parseCommand(line string) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::")
	if !ok {
		return command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return command{}, false
	}
	name, properties, _ := strings.Cut(strings.TrimSpace(info), " ")
	return command{name, properties, data}, isRegistered(name)
}

// parseLegacyCommand parses "##[name key=value;key=value]data" anywhere in the line.
func parseLegacyCommand(line string) (command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return command{}, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return command{}, false
	}
	name, properties, _ := strings.Cut(info, " ")
	return command{name, properties, data}, isRegistered(name)
}

// checkOwnCommands checks that commands are only those that this package writes.
func checkOwnCommands(t *testing.T, commands []command) {
	t.Helper()
	own := []string{"add-mask", "debug", "group", "endgroup", "error", "notice", "warning", "stop-commands"}
	for _, c := range commands {
		if !slices.Contains(own, c.name) {
			t.Errorf("the log contains a command from outside: %+v", c)
		}
		if c.name == "add-mask" && c.data != "dbtc_secret" {
			t.Errorf("the log contains a mask from outside: %q", c.data)
		}
		if c.name == "stop-commands" && c.data != strings.Repeat("0", 32) {
			t.Errorf("the log contains stop-commands from outside: %+v", c)
		}
	}
}

// parseRunnerFile parses a file of outputs or state as a runner does, which fails the step for an invalid line.
func parseRunnerFile(t *testing.T, text string) map[string]string {
	t.Helper()
	values := map[string]string{}
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		equals, heredoc := strings.Index(line, "="), strings.Index(line, "<<")
		switch {
		case line == "":
		case equals >= 0 && (heredoc < 0 || equals < heredoc):
			values[line[:equals]] = line[equals+1:]
		case heredoc >= 0:
			end := slices.Index(lines[i+1:], line[heredoc+2:])
			if end < 0 {
				t.Fatalf("the value of %q has no end", line)
			}
			values[line[:heredoc]] = strings.Join(lines[i+1:i+1+end], "\n")
			i += end + 1
		default:
			t.Fatalf("a runner rejects the line %q", line)
		}
	}
	return values
}
