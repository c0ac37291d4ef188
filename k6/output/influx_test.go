package output

import (
	"context"
	"encoding/pem"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func writeOnce(t *testing.T, config Config) error {
	t.Helper()
	config.Token = "t"
	client, err := newInflux(config)
	must(t, err)
	return client.write(context.Background(), packed(t, "m v=1\n").body)
}

func TestAPrivateCAIsTrustedWhenItIsNamed(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/influx/api/v2/write" {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	file := filepath.Join(t.TempDir(), "ca.pem")
	block := &pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}
	must(t, os.WriteFile(file, pem.EncodeToMemory(block), 0o600))
	must(t, writeOnce(t, Config{Addr: s.URL + "/influx", CAFile: file}))
	if err := writeOnce(t, Config{Addr: s.URL + "/influx"}); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("expected a refusal without it, found %v", err)
	}
}

func TestAFileWithoutACertificateIsRefusedAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "ca.pem")
	must(t, os.WriteFile(file, []byte("nothing"), 0o600))
	for _, name := range []string{file, file + ".none"} {
		if _, err := newInflux(Config{CAFile: name}); err == nil || !strings.Contains(err.Error(), "K6_LOADSTAR_CA_FILE") {
			t.Errorf("expected the setting to be named, found %v", err)
		}
	}
}

func TestARedirectIsNotTakenForStored(t *testing.T) {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" {
			_, _ = w.Write([]byte("<html>log in</html>"))
			return
		}
		http.Redirect(w, r, "/login", http.StatusFound)
	}))
	defer s.Close()
	if err := writeOnce(t, Config{Addr: s.URL}); err == nil || !strings.Contains(err.Error(), "302") {
		t.Errorf("expected the redirect as an error, found %v", err)
	}
}

func TestRetryAfterIsSecondsOrAMoment(t *testing.T) {
	in := func(text string) time.Duration { return retryAfter(http.Header{"Retry-After": {text}}) }
	if got := in("7"); got != 7*time.Second {
		t.Errorf("expected 7 s, found %s", got)
	}
	if got := in(time.Now().Add(time.Minute).UTC().Format(http.TimeFormat)); got < 50*time.Second || got > time.Minute {
		t.Errorf("expected about a minute, found %s", got)
	}
	for _, text := range []string{"", "-3", "soon"} {
		if got := in(text); got != 0 {
			t.Errorf("%q: expected no wait, found %s", text, got)
		}
	}
}

func TestALimitOfTheRateIsWaitedForAsLongAsAsked(t *testing.T) {
	var calls []time.Time
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls = append(calls, time.Now())
		if len(calls) == 1 {
			w.Header().Set("Retry-After", "2")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	defer s.Close()
	q := newQueue(1<<20, 1<<20, "", spoolMeta{})
	must(t, q.push(packed(t, "m v=1\n")))
	deliverAll(t, &server{Server: s}, q)
	if len(calls) != 2 || calls[1].Sub(calls[0]) < 2*time.Second {
		t.Errorf("expected a second call after 2 s, found %v", calls)
	}
}
