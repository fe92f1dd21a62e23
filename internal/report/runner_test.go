package report

import (
	"slices"
	"strings"
	"testing"
	"unicode"
)

// command is what a runner made of a line.
type command struct{ name, properties, data string }

// registered are the commands that a runner knows. With any other name, a line is plain text.
func registered(name string) bool {
	return slices.Contains([]string{
		"add-mask", "debug", "notice", "warning", "error", "group", "endgroup", "echo", "add-matcher", "remove-matcher", "stop-commands",
		"set-output", "save-state", "set-env", "add-path", "internal-set-repo-path",
	}, strings.ToLower(name))
}

// commandsIn reads a log as a runner does: line by line, where a lone carriage return ends a line, too; the newer spelling
// first, then the older one, and none of them but the token between stop-commands and its token. Characters that a
// comparison by culture may skip are skipped.
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
		c, ok := newer(line)
		if !ok {
			c, ok = older(line)
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

// newer reads "::name key=value,key=value::data", which must come first in the line, white space aside.
func newer(line string) (command, bool) {
	rest, ok := strings.CutPrefix(strings.TrimLeftFunc(line, unicode.IsSpace), "::")
	if !ok {
		return command{}, false
	}
	info, data, ok := strings.Cut(rest, "::")
	if !ok {
		return command{}, false
	}
	name, properties, _ := strings.Cut(strings.TrimSpace(info), " ")
	return command{name, properties, data}, registered(name)
}

// older reads "##[name key=value;key=value]data", anywhere in the line.
func older(line string) (command, bool) {
	_, rest, ok := strings.Cut(line, "##[")
	if !ok {
		return command{}, false
	}
	info, data, ok := strings.Cut(rest, "]")
	if !ok {
		return command{}, false
	}
	name, properties, _ := strings.Cut(info, " ")
	return command{name, properties, data}, registered(name)
}

// assertOwnCommands checks that a log holds no command but those that this package writes.
func assertOwnCommands(t *testing.T, commands []command) {
	t.Helper()
	own := []string{"add-mask", "debug", "group", "endgroup", "error", "warning", "stop-commands"}
	for _, c := range commands {
		if !slices.Contains(own, c.name) {
			t.Errorf("the log holds a command of somebody else: %+v", c)
		}
		if c.name == "add-mask" && c.data != "dbtc_secret" {
			t.Errorf("somebody else masks %q", c.data)
		}
		if c.name == "stop-commands" && c.data != strings.Repeat("0", 32) {
			t.Errorf("somebody else stops commands: %+v", c)
		}
	}
}

// fileValues reads a file of outputs or state as a runner does. It fails on any line that is none.
func fileValues(t *testing.T, text string) map[string]string {
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
				t.Fatalf("no end of %q", line)
			}
			values[line[:heredoc]] = strings.Join(lines[i+1:i+1+end], "\n")
			i += end + 1
		default:
			t.Fatalf("a runner fails on the line %q", line)
		}
	}
	return values
}
