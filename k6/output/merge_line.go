package output

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"time"
	"unsafe"

	"github.com/influxdata/line-protocol/v2/lineprotocol"
)

// identityLine is the comment that a batch begins with.
func identityLine(started time.Time, number int64) []byte {
	return fmt.Appendf(nil, "%s%d %d\n", identityPrefix, started.UnixNano(), number)
}

// errNoIdentity says that a batch is none of Loadstar's output.
var errNoIdentity = errors.New("expected a batch of Loadstar's k6 output, whose first line names it; found other lines")

// cutIdentity reads the first line of a batch.
func cutIdentity(lines []byte) (started, number int64, rest []byte, err error) {
	first, rest, _ := bytes.Cut(lines, []byte{'\n'})
	text, ok := bytes.CutPrefix(first, []byte(identityPrefix))
	if !ok {
		return 0, 0, nil, errNoIdentity
	}
	if _, err := fmt.Sscanf(string(text), "%d %d", &started, &number); err != nil {
		return 0, 0, nil, errNoIdentity
	}
	return started, number, rest, nil
}

// cutLine returns the first line and what follows it. Texts in quotes may hold line breaks; only ours have texts.
func cutLine(lines []byte) (line, rest []byte) {
	end := bytes.IndexByte(lines, '\n')
	if end < 0 {
		return lines, nil
	}
	if bytes.IndexByte(lines[:end], '"') < 0 {
		return lines[:end], lines[end+1:]
	}
	quoted := false
	for i := 0; i < len(lines); i++ {
		switch lines[i] {
		case '\\':
			i++
		case '"':
			quoted = !quoted
		case '\n':
			if !quoted {
				return lines[:i], lines[i+1:]
			}
		}
	}
	return lines, nil
}

// cutKey splits a line after measurement and tags: at the first blank that is not escaped.
func cutKey(line []byte) (key, rest []byte) {
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case '\\':
			i++
		case ' ':
			return line[:i], line[i+1:]
		}
	}
	return line, nil
}

// readKey reads measurement and tags, unescaped.
func readKey(line []byte) (measurement string, tags []tag, err error) {
	decoder := lineprotocol.NewDecoderWithBytes(line)
	if !decoder.Next() {
		return "", nil, errors.New("expected a point, found none")
	}
	name, err := decoder.Measurement()
	if err != nil {
		return "", nil, err
	}
	for {
		key, value, err := decoder.NextTag()
		if err != nil {
			return "", nil, err
		}
		if key == nil {
			return string(name), tags, nil
		}
		tags = append(tags, tag{string(key), string(value)})
	}
}

// readNumbers calls back for each field of a point of numbers, and returns its time in Unix nanoseconds.
func readNumbers(fields []byte, each func(name []byte, value float64, whole int64) error) (int64, error) {
	for {
		equals := bytes.IndexByte(fields, '=')
		if equals < 0 {
			return 0, fmt.Errorf("expected a field, found %q", fields)
		}
		name := fields[:equals]
		fields = fields[equals+1:]
		end := 0
		for end < len(fields) && fields[end] != ',' && fields[end] != ' ' {
			end++
		}
		if end < 1 || end == len(fields) {
			return 0, fmt.Errorf("expected a value and a time, found %q", fields)
		}
		value, whole, err := readNumber(fields[:end])
		if err != nil {
			return 0, err
		}
		if err := each(name, value, whole); err != nil {
			return 0, err
		}
		is_last := fields[end] == ' '
		fields = fields[end+1:]
		if is_last {
			return strconv.ParseInt(textOf(fields), 10, 64)
		}
	}
}

// shortNumber is how many digits cannot overflow.
const shortNumber = 18

func readNumber(text []byte) (value float64, whole int64, err error) {
	if last := len(text) - 1; text[last] == 'i' {
		if last > 0 && last < shortNumber && text[0] != '-' {
			// Most are counts, of one or two digits.
			for _, digit := range text[:last] {
				if digit < '0' || digit > '9' {
					return 0, 0, fmt.Errorf("expected a whole number, found %q", text)
				}
				whole = 10*whole + int64(digit-'0')
			}
			return float64(whole), whole, nil
		}
		whole, err = strconv.ParseInt(textOf(text[:len(text)-1]), 10, 64)
		return float64(whole), whole, err
	}
	value, err = strconv.ParseFloat(textOf(text), 64)
	return value, int64(value), err
}

// textOf is the bytes as a string that lives as long as they do.
func textOf(b []byte) string {
	return unsafe.String(unsafe.SliceData(b), len(b))
}

// bucketField is a bucket of a histogram as it was read; sign is that of its values.
type bucketField struct {
	sign, index int
	count       int64
}

// flatHistogram is a histogram as it was read.
type flatHistogram struct {
	buckets     []bucketField
	zero        int64
	least, most float64
}

func (f *flatHistogram) addTo(h *histogram) {
	h.zero += f.zero
	h.least, h.most = min(h.least, f.least), max(h.most, f.most)
	for _, bucket := range f.buckets {
		h.add(bucket.sign, bucket.index, bucket.count)
	}
}

// readBucket takes a field of a histogram.
func (r *reading) readBucket(of *flatHistogram, name []byte, value float64, whole int64) error {
	switch textOf(name) {
	case minField:
		of.least = value
		return nil
	case maxField:
		of.most = value
		return nil
	case zeroField:
		of.zero = whole
		return nil
	}
	sign := 1
	if name[0] == negativePrefix[0] {
		sign = -1
	}
	index, err := strconv.Atoi(textOf(name[1:]))
	if err != nil {
		return fmt.Errorf("expected a bucket, found the field %q", name)
	}
	r.buckets = append(r.buckets, bucketField{sign, index, whole})
	return nil
}
