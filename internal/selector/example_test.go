package selector_test

import (
	"fmt"

	"dbt-tableau-refresh/internal/selector"
)

func ExampleParse() {
	for _, entry := range []string{
		"6B7179BA-B82B-4F0F-91ED-812074AC5DA6",
		"https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605/views",
		"/Finance/Weekly revenue",
		"tag:nightly",
	} {
		s, err := selector.Parse(entry)
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Println(s)
	}
	// Output:
	// 6b7179ba-b82b-4f0f-91ed-812074ac5da6
	// https://10ax.online.tableau.com/#/site/exampledev/workbooks/265605
	// /Finance/Weekly revenue
	// tag:nightly
}

func ExampleParse_path() {
	s, err := selector.Parse(`Finance/Profit \/ Loss`)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("project %q, name %q\n", s.Path[0], s.Path[1])
	// Output: project "Finance", name "Profit / Loss"
}

func ExampleParseLine() {
	selectors, err := selector.ParseLine("6b7179ba-b82b-4f0f-91ed-812074ac5da6, 0f1b3f5c-8a0e-4f5f-a7e6-0d2c5b8c9d10")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, s := range selectors {
		fmt.Println(s)
	}
	// Output:
	// 6b7179ba-b82b-4f0f-91ed-812074ac5da6
	// 0f1b3f5c-8a0e-4f5f-a7e6-0d2c5b8c9d10
}
