// Package report writes the log, the masks, the annotations, the outputs, the state, and the job summary.
//
// It takes events while the step is in progress ([Report] is a [progress.Observer]), then the [progress.Result], from
// which it derives the output message, the advice, and the exit code. In the post step, it takes a [Cleanup]. What it
// shows at the end is in the result.
//
// It must never send a request, wait, or change the outcome: what can't be written is a warning. It must never write a
// secret, or a text from outside that did not go through package sanitize, because a runner reads commands from all
// output.
package report
