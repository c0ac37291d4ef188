// Code generated from contract/ by `make generate`. DO NOT EDIT.

package trends

// MostExact is how many values of a trend are kept as they are. They take 0.8 MB at most, and a summary has a hundred
// trends: one for each threshold on a part of a metric too.
const MostExact = 100000
