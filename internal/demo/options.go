package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"dbt-tableau-refresh/internal/sandbox"
)

// defaultSpeed makes five minutes last six seconds, so the log can still be read.
const defaultSpeed = 50

// options are the checked flags.
type options struct {
	scenario sandbox.Scenario
	list     bool
	summary  string
	serve    bool
	env      string
	host     string
	tls      bool
	ca       string
}

// parseFlags returns flag.ErrHelp after it has printed the help.
func parseFlags(args []string, stdout io.Writer) (options, error) {
	var o options
	var name string
	var speed int
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	// By default, package flag prints errors, followed by all flags.
	flags.SetOutput(io.Discard)
	flags.StringVar(&name, "scenario", "success", "run the scenario `NAME`")
	flags.BoolVar(&o.list, "list", false, "list the scenarios")
	flags.IntVar(&speed, "fast", defaultSpeed, "run `N` times faster than real time")
	flags.StringVar(&o.summary, "summary", "", "write the job summary to `FILE` instead of a temporary file")
	flags.BoolVar(&o.serve, "serve", false, "only serve dbt and Tableau, until interrupted")
	flags.StringVar(&o.env, "env", "", "with -serve: write URLs and credentials to `FILE` as KEY=value lines")
	flags.StringVar(&o.host, "listen", "127.0.0.1", "listen on `HOST`")
	flags.BoolVar(&o.tls, "tls", false, "serve over HTTPS, with the sandbox's own certificate authority")
	flags.StringVar(&o.ca, "ca", "", "with -tls: write the certificate of the authority to `FILE`")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		flags.Usage()
		return o, err
	}
	if err == nil {
		err = checkFlags(flags, o, speed)
	}
	if err != nil {
		return o, fmt.Errorf("%w (-h shows the flags)", err)
	}
	o.scenario, err = findScenario(name)
	o.scenario = o.scenario.Faster(speed)
	return o, err
}

func checkFlags(flags *flag.FlagSet, o options, speed int) error {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case speed < 1:
		return fmt.Errorf("-fast %d: must be at least 1", speed)
	case o.host == "":
		return errors.New("-listen requires a host")
	case o.env != "" && !o.serve:
		return errors.New("-env requires -serve")
	case o.summary != "" && o.serve:
		return errors.New("-summary can't be combined with -serve, which does not run the action")
	case o.ca != "" && !o.tls:
		return errors.New("-ca requires -tls")
	}
	return nil
}

func findScenario(name string) (sandbox.Scenario, error) {
	s, ok := sandbox.Find(name)
	if ok {
		return s, nil
	}
	var names []string
	for _, known := range sandbox.Scenarios() {
		names = append(names, known.Name)
	}
	return s, fmt.Errorf("unknown scenario %q. Choose one of: %s", name, strings.Join(names, ", "))
}
