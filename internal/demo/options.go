package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"dbt-tableau-refresh/internal/sandbox"
)

// usualPace makes five minutes last six seconds: slow enough to read along.
const usualPace = 50

// options are the flags, checked.
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

// parse reads the flags; asked for help, it prints it and returns flag.ErrHelp.
func parse(args []string, stdout io.Writer) (options, error) {
	var o options
	var name string
	var pace int
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	// The package would print mistakes by itself, followed by all flags.
	flags.SetOutput(io.Discard)
	flags.StringVar(&name, "scenario", "success", "play the scenario `NAME`")
	flags.BoolVar(&o.list, "list", false, "list the scenarios")
	flags.IntVar(&pace, "fast", usualPace, "run the services `N` times faster than life")
	flags.StringVar(&o.summary, "summary", "", "write the job summary to `FILE` instead of a temporary one")
	flags.BoolVar(&o.serve, "serve", false, "only serve, until interrupted")
	flags.StringVar(&o.env, "env", "", "with -serve: write addresses and credentials to `FILE` as KEY=value lines")
	flags.StringVar(&o.host, "listen", "127.0.0.1", "listen on `HOST`")
	flags.BoolVar(&o.tls, "tls", false, "serve over https with an authority of the sandbox's own")
	flags.StringVar(&o.ca, "ca", "", "with -tls: write the authority's certificate to `FILE`")
	err := flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		flags.Usage()
		return o, err
	}
	if err == nil {
		err = check(flags, o, pace)
	}
	if err != nil {
		return o, fmt.Errorf("%w (-h shows the flags)", err)
	}
	o.scenario, err = find(name)
	o.scenario = o.scenario.Faster(pace)
	return o, err
}

func check(flags *flag.FlagSet, o options, pace int) error {
	switch {
	case flags.NArg() > 0:
		return fmt.Errorf("unexpected argument %q", flags.Arg(0))
	case pace < 1:
		return fmt.Errorf("-fast %d: must be at least 1", pace)
	case o.host == "":
		return errors.New("-listen needs a host")
	case o.env != "" && !o.serve:
		return errors.New("-env needs -serve")
	case o.summary != "" && o.serve:
		return errors.New("-summary does not go with -serve, which runs no action")
	case o.ca != "" && !o.tls:
		return errors.New("-ca needs -tls")
	}
	return nil
}

func find(name string) (sandbox.Scenario, error) {
	s, ok := sandbox.Find(name)
	if ok {
		return s, nil
	}
	var names []string
	for _, known := range sandbox.Scenarios() {
		names = append(names, known.Name)
	}
	return s, fmt.Errorf("no scenario %q: choose one of %s", name, strings.Join(names, ", "))
}
