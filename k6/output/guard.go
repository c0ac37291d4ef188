package output

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"go.k6.io/k6/metrics"
)

// tag is a name and a value as they are stored.
type tag struct{ key, value string }

const (
	// mostExamples of a tag at fault are enough to see the pattern.
	mostExamples = 3
	// mostValues are told apart for each tag: beyond that it is at fault anyhow.
	mostValues = 100_000
)

// leftOut tags never become part of a series, whatever the script's options say: the first are unbounded, and the others,
// which thresholds of scripts may select by, would only make more series.
var leftOut = map[string]bool{
	"url": true, "vu": true, "iter": true, "ip": true, "error": true,
	"proto": true, "subproto": true, "tls_version": true, "ocsp_status": true, "service": true, "expected_response": true,
}

// guard keeps the number of series bounded: what exceeds the limit is counted, under one name a scenario.
type guard struct {
	limit int
	// instance is the tag of series that have none.
	instance string
	// run are tags of the whole run: a script's own of these names would put its samples into another run.
	run    map[string]string
	routes *routes
	byText map[string]*series
	// values seen by tag, to name the one at fault.
	values map[string]map[string]struct{}
	over   int64
	onOver func(finding)
}

// finding names the tag that made too many series.
type finding struct {
	Tag      string   `json:"tag"`
	Values   int      `json:"values"`
	Examples []string `json:"examples"`
}

func newGuard(limit int, instance string, run map[string]string, names *routes, onOver func(finding)) *guard {
	return &guard{
		limit:    limit,
		instance: instance,
		run:      run,
		routes:   names,
		byText:   map[string]*series{},
		values:   map[string]map[string]struct{}{},
		onOver:   onOver,
	}
}

// series finds or makes the series that a metric with these tags is stored under.
func (g *guard) series(metric *metrics.Metric, set *metrics.TagSet) *series {
	given := set.Map()
	g.routes.rename(given)
	maps.Copy(given, g.run)
	tags := withDefault(storedTags(given), instanceTag, g.instance)
	text := seriesText(metric.Name, tags)
	if found, ok := g.byText[text]; ok {
		return found
	}
	g.remember(tags)
	if len(g.byText) >= g.limit {
		g.over++
		if g.over == 1 {
			g.onOver(g.worst())
		}
		tags = overflowTags(tags)
		text = seriesText(metric.Name, tags)
		if found, ok := g.byText[text]; ok {
			return found
		}
	}
	made := &series{metric: metric, tags: tags, failing: failingOf(metric.Name)}
	g.byText[text] = made
	return made
}

func (g *guard) remember(tags []tag) {
	for _, t := range tags {
		seen := g.values[t.key]
		if seen == nil {
			seen = map[string]struct{}{}
			g.values[t.key] = seen
		}
		if len(seen) < mostValues {
			seen[t.value] = struct{}{}
		}
	}
}

// seen lists the values of a tag in their order. Names that stand for several URLs are none that k6 knows.
func (g *guard) seen(tag string) []string {
	values := make([]string, 0, len(g.values[tag]))
	for value := range g.values[tag] {
		if _, is_pattern := g.routes.urls[value]; tag != nameTag || !is_pattern {
			values = append(values, value)
		}
	}
	sort.Strings(values)
	return values
}

// worst names the tag with the most values.
func (g *guard) worst() finding {
	var worst finding
	for key, seen := range g.values {
		if len(seen) > worst.Values || (len(seen) == worst.Values && key < worst.Tag) {
			worst = finding{Tag: key, Values: len(seen)}
		}
	}
	for value := range g.values[worst.Tag] {
		worst.Examples = append(worst.Examples, value)
		if len(worst.Examples) == mostExamples {
			break
		}
	}
	sort.Strings(worst.Examples)
	return worst
}

// storedTags makes tags fit line protocol, drops what is left out or empty, and sorts by name.
func storedTags(given map[string]string) []tag {
	tags := make([]tag, 0, len(given))
	for key, value := range given {
		key, value = storable(key), storable(value)
		if key != "" && value != "" && !leftOut[key] {
			tags = append(tags, tag{key, value})
		}
	}
	sort.Slice(tags, func(i, j int) bool { return tags[i].key < tags[j].key })
	return slices.CompactFunc(tags, func(a, b tag) bool { return a.key == b.key })
}

// withDefault gives a tag its value where the tags do not.
func withDefault(tags []tag, key, value string) []tag {
	value = storable(value)
	if value == "" || valueOf(tags, key) != "" {
		return tags
	}
	return withTag(tags, tag{key, value})
}

// storable makes a text one that InfluxDB stores as it is: control characters and line breaks become spaces (line
// protocol ends at them), a backslash at the end would escape the separator, and length is bounded.
func storable(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	text = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
	if len(text) > longestTag {
		cut := longestTag
		for cut > 0 && !utf8.RuneStart(text[cut]) {
			cut--
		}
		text = text[:cut] + "…"
	}
	return strings.TrimRight(text, `\ `)
}

// overflowTags keeps what is bounded by nature: run, generator and scenario.
func overflowTags(tags []tag) []tag {
	kept := append(scenarioTags(tags, false), tag{"name", overflowName})
	sort.Slice(kept, func(i, j int) bool { return kept[i].key < kept[j].key })
	return kept
}

func seriesText(metric string, tags []tag) string {
	var text strings.Builder
	text.WriteString(metric)
	for _, t := range tags {
		// Control characters were replaced above, so these separate without doubt.
		text.WriteByte(0)
		text.WriteString(t.key)
		text.WriteByte(1)
		text.WriteString(t.value)
	}
	return text.String()
}
