// Package report decides how things look: it alone writes to the log, the outputs, the state and the job summary.
//
// Everything that a service says passes its sanitiser first, since a runner takes commands from whatever is printed. It is
// told what happens through pipeline's events, and once more, as a whole, by the result; nothing that it fails to write
// changes the verdict.
package report
