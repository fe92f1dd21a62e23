// Package lineage finds what to refresh after a run: it brings together the relations that the run has built and the tables
// that Tableau knows, and follows those to the extracts that read them.
//
// dbt, the warehouse and Tableau each spell a table their own way: in another letter case, quoted or not, without its
// database, with its schema inside its name. Too narrow a comparison leaves an extract old without a word; too wide a one
// refreshes what has not changed. Relations are therefore compared part by part, as far as both sides know a part, and
// what is matched by less than the whole is warned of where it could mean something else.
//
// Nothing here makes a request. [Names] says what to ask Tableau for, [Find] makes the most of its answer.
package lineage
