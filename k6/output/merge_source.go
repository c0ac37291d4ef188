package output

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// processTag tells processes of one generator apart in what is merged: by their start, in Unix nanoseconds.
const processTag = "process"

// sourceKey is a process of a generator.
type sourceKey struct {
	testid, instance string
	started          int64
}

// batchSpan is all batches from one to another.
type batchSpan struct {
	first, last int64
}

// source is what is known of a generator's process.
type source struct {
	tags []tag
	// before are the batches that InfluxDB had before these sums: of other mergers, or of the generator itself.
	before []batchSpan
	// first is the first batch in these sums and added the last one; stored is the last one that InfluxDB has
	// acknowledged with them. 0: none.
	first, added, stored int64
	seen                 time.Time
	// ended: the generator has written its end, after which nothing comes.
	ended  bool
	series map[string]*mergedSeries
	// fresh are the batches by day that the next write says to hold.
	fresh map[int64]mark
}

// mark is the last batch of a day, and a time of that day.
type mark struct {
	batch, at int64
}

func newSource(tags []tag) *source {
	made := &source{series: map[string]*mergedSeries{}, fresh: map[int64]mark{}}
	for _, t := range tags {
		if t.key == runTag || t.key == projectTag || t.key == instanceTag {
			made.tags = append(made.tags, t)
		}
	}
	return made
}

func (s *source) isAdded(number int64) bool { return s.holds(number, s.added) }

func (s *source) isStored(number int64) bool { return s.holds(number, s.stored) }

func (s *source) holds(number, last int64) bool {
	return (s.first <= number && number <= last) ||
		slices.ContainsFunc(s.before, func(it batchSpan) bool { return it.first <= number && number <= it.last })
}

// write encodes which batches a part holds, beside the sums of that day.
func (m mark) write(e *encoder, key sourceKey, from *source, part string) {
	e.start(mergedMeasurement, withTag(withTag(from.tags, tag{partTag, part}), tag{processTag, strconv.FormatInt(key.started, 10)}))
	e.integer("first", from.first)
	e.integer("batch", m.batch)
	// In the same shard as the windows, whose length is whole minutes: InfluxDB stores both or neither.
	e.end(time.Unix(0, m.at).Truncate(time.Minute))
}

// readStored asks which batches of a generator InfluxDB has.
func (i *influx) readStored(ctx context.Context, key sourceKey) ([]batchSpan, error) {
	const longest = 50 * 365 * 24 * time.Hour
	flux := fmt.Sprintf(`from(bucket: %s)
  |> range(start: time(v: %d), stop: time(v: %d))
  |> filter(fn: (r) => r._measurement == %s and r.%s == %s and r.%s == %s and r.%s == "%d")
  |> filter(fn: (r) => r._field == "first" or r._field == "batch")
  |> last()
  |> group()
  |> keep(columns: ["%s", "_field", "_value"])`, fluxText(i.bucket),
		// The day before: its clock may be wrong, and what it measured lies at the start of a minute.
		key.started-int64(day), key.started+int64(longest), fluxText(mergedMeasurement),
		runTag, fluxText(key.testid), instanceTag, fluxText(key.instance), processTag, key.started, partTag)
	text, err := i.query(ctx, flux)
	if err != nil {
		return nil, err
	}
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 2 {
		return nil, err
	}
	column := func(name string) int { return slices.Index(rows[0], name) }
	field, value, part := column("_field"), column("_value"), column(partTag)
	if min(field, value, part) < 0 {
		return nil, fmt.Errorf("expected batches and parts from InfluxDB, found %q", rows[0])
	}
	spans := map[string]batchSpan{}
	for _, row := range rows[1:] {
		number, err := strconv.ParseInt(row[value], 10, 64)
		if err != nil {
			return nil, err
		}
		span := spans[row[part]]
		if row[field] == "first" {
			span.first = number
		} else {
			span.last = number
		}
		spans[row[part]] = span
	}
	all := make([]batchSpan, 0, len(spans))
	for _, span := range spans {
		all = append(all, span)
	}
	return all, nil
}

// fluxText is a text as Flux writes it.
func fluxText(text string) string {
	var quoted bytes.Buffer
	quoted.WriteByte('"')
	for _, r := range text {
		switch r {
		case '"', '\\':
			quoted.WriteByte('\\')
		case '$':
			// "${" begins an expression.
			quoted.WriteString(`\x24`)
			continue
		}
		quoted.WriteRune(r)
	}
	quoted.WriteByte('"')
	return quoted.String()
}
