package output

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/klauspost/compress/gzip"
)

// influx writes batches into one bucket through InfluxDB's v2 API.
type influx struct {
	client *http.Client
	// address is that of the server, url the one that takes writes.
	address, url string
	token        string
	// queryURL, bucket and readToken are for what is asked, by the merger alone.
	queryURL, bucket, readToken string
}

const (
	// writeTimeout is for one batch of a second's points; a healthy InfluxDB takes milliseconds.
	writeTimeout = 10 * time.Second
	// longestMessage of an answer is enough to read what is wrong, longestTable for thousands of rows.
	longestMessage, longestTable = 4 << 10, 1 << 20
)

// writeError is an answer of InfluxDB that is no success.
type writeError struct {
	status     int
	message    string
	retryAfter time.Duration
}

func (e *writeError) Error() string {
	return fmt.Sprintf("InfluxDB answers %d: %s", e.status, e.message)
}

// final says that the same bytes will never be accepted.
func (e *writeError) final() bool {
	return e.status == http.StatusBadRequest || e.status == http.StatusUnprocessableEntity
}

// lost is how many of so many points are lost with a final refusal: of a partial write InfluxDB stores the others.
func (e *writeError) lost(points int) int {
	dropped := partialWrite.FindStringSubmatch(e.message)
	if dropped == nil {
		return points
	}
	count, err := strconv.Atoi(dropped[1])
	if err != nil || count > points {
		return points
	}
	return count
}

var partialWrite = regexp.MustCompile(`partial write: .* dropped=(\d+)`)

// passing says that the server is well, and asks to wait.
func (e *writeError) passing() bool {
	return e.status == http.StatusTooManyRequests || (e.status == http.StatusServiceUnavailable && e.retryAfter > 0)
}

func newInflux(config Config) (*influx, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone() //nolint:forcetypeassert // it is documented to be one
	if config.Insecure {
		transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} //nolint:gosec // asked for by name
	} else if config.CAFile != "" {
		roots, err := rootsWith(config.CAFile)
		if err != nil {
			return nil, err
		}
		transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	}
	query := url.Values{"org": {config.Organization}, "bucket": {config.Bucket}, "precision": {"ns"}}
	return &influx{
		client: &http.Client{
			Transport: transport, Timeout: writeTimeout,
			// Followed, a POST may become a GET, whose success stores nothing.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		address: config.Addr,
		url:     config.Addr + "/api/v2/write?" + query.Encode(),
		token:   config.Token,

		queryURL: config.Addr + "/api/v2/query?" + url.Values{"org": {config.Organization}}.Encode(), bucket: config.Bucket,
	}, nil
}

// rootsWith adds private CAs to the system's, for InfluxDB alone: whom the tests trust is another matter.
func rootsWith(file string) (*x509.CertPool, error) {
	text, err := os.ReadFile(file) //nolint:gosec // its path is a setting
	if err != nil {
		return nil, fmt.Errorf("K6_LOADSTAR_CA_FILE: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, errors.New("K6_LOADSTAR_CA_FILE: expected a PEM certificate, found none")
	}
	return roots, nil
}

// write sends gzipped line protocol; nil means that InfluxDB has stored it.
func (i *influx) write(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, i.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Encoding", "gzip")
	request.Header.Set("Content-Type", "text/plain; charset=utf-8")
	_, err = i.do(request, i.token, longestMessage)
	return err
}

// writeHalves is for servers that take smaller bodies only: it writes lines in halves, and those in halves. The same
// points twice are one point, so a half that was written before the other failed does no harm. It tells what the server
// never takes, and writes the rest all the same.
func (i *influx) writeHalves(ctx context.Context, lines []byte, refused func(*writeError, []byte)) error {
	first, second := halve(lines)
	if len(first) == 0 {
		// Final, where 413 is not: there is nothing left to halve.
		refused(&writeError{status: http.StatusUnprocessableEntity, message: "a single line is too large (413)"}, lines)
		return nil
	}
	for _, half := range [][]byte{first, second} {
		body, err := compress(half)
		if err != nil {
			return err
		}
		err = i.write(ctx, body)
		var refusal *writeError
		switch is_answer := errors.As(err, &refusal); {
		case is_answer && refusal.status == http.StatusRequestEntityTooLarge:
			err = i.writeHalves(ctx, half, refused)
		case is_answer && refusal.final():
			refused(refusal, half)
			err = nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// halve cuts near the middle, after a line; before a single line there is none.
func halve(lines []byte) (first, second []byte) {
	middle := len(lines) / 2
	if end := bytes.IndexByte(lines[middle:], '\n'); end >= 0 && middle+end+1 < len(lines) {
		return lines[:middle+end+1], lines[middle+end+1:]
	}
	end := bytes.LastIndexByte(lines[:middle], '\n')
	return lines[:end+1], lines[end+1:]
}

// query asks in Flux, and returns InfluxDB's CSV as far as it is short.
func (i *influx) query(ctx context.Context, flux string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, i.queryURL, strings.NewReader(flux))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/csv")
	request.Header.Set("Content-Type", "application/vnd.flux")
	return i.do(request, i.readToken, longestTable)
}

func (i *influx) do(request *http.Request, token string, longest int64) ([]byte, error) {
	request.Header.Set("Authorization", authorization(token))
	answer, err := i.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = answer.Body.Close() }()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, longest))
	if answer.StatusCode/100 == 2 {
		return text, nil
	}
	return nil, &writeError{answer.StatusCode, messageOf(text), retryAfter(answer.Header)}
}

// authorization is the header of a token.
func authorization(token string) string { return "Token " + token }

func messageOf(answer []byte) string {
	var parsed struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(answer, &parsed) == nil && parsed.Message != "" {
		return parsed.Message
	}
	return string(answer)
}

func retryAfter(header http.Header) time.Duration {
	text := header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	// A gateway may name the moment instead (RFC 9110, 10.2.3).
	if at, err := http.ParseTime(text); err == nil {
		return max(0, time.Until(at))
	}
	return 0
}

// compress gzips fast: the generator's CPU is dearer than the loopback's bytes. It keeps no tables, which take a megabyte,
// and needs little memory: of a heap of ten, that would be a tenth.
func compress(lines []byte) ([]byte, error) {
	var body bytes.Buffer
	zip, err := gzip.NewWriterLevel(&body, gzip.StatelessCompression)
	if err != nil {
		return nil, err
	}
	if _, err := zip.Write(lines); err != nil {
		return nil, err
	}
	if err := zip.Close(); err != nil {
		return nil, err
	}
	return body.Bytes(), nil
}

// largestBatch is unpacked: a window of 10,000 series is a few MiB at most.
const largestBatch = 256 << 20

// unzip is the reverse of compress.
func unzip(body io.Reader) ([]byte, error) {
	zip, err := gzip.NewReader(body)
	if err != nil {
		return nil, fmt.Errorf("expected gzipped line protocol: %w", err)
	}
	lines, err := io.ReadAll(io.LimitReader(zip, largestBatch+1))
	if err == nil && len(lines) > largestBatch {
		err = fmt.Errorf("expected at most %d bytes, found more", largestBatch)
	}
	return lines, err
}
