package config

const notYet = "is not supported yet: leave it out"

// unsupported lists the inputs whose feature is not built. A feature that is built deletes its line.
func unsupported() []string {
	return []string{
		"tableau-discover",
	}
}

// refuseUnsupported keeps an input without a feature from being ignored in silence.
func (l *loader) refuseUnsupported() {
	for _, name := range unsupported() {
		if l.given(name) {
			l.problem(name, l.text(name), notYet)
		}
	}
}
