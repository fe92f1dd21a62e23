// Package rest is the one HTTP client of this program, and the only place where a request is repeated.
//
// It knows nothing of dbt or Tableau. It knows which failures leave a request undone, which leave its outcome unknown,
// and how long each is worth repeating. The rooms above it say what they want, for how long they are patient, and how an
// answer reads; they never loop over failures themselves.
package rest
