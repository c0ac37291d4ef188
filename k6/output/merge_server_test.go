package output

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Generators may do all, who reads InfluxDB may see and end them, and nobody else anything.
func TestTheMergerAsksForTokens(t *testing.T) {
	for _, it := range []struct {
		method, path, read, given string
		status                    int
	}{
		{http.MethodPost, "/api/v2/write", "r", "r", http.StatusUnauthorized},
		{http.MethodPost, "/api/v2/write", "r", "t", http.StatusBadRequest},
		{http.MethodPost, "/api/generators/meet", "r", "r", http.StatusUnauthorized},
		{http.MethodPost, "/api/generators/meet", "r", "t", http.StatusBadRequest},
		{http.MethodGet, "/api/generators", "r", "r", http.StatusNotFound},
		{http.MethodGet, "/api/generators", "r", "t", http.StatusNotFound},
		{http.MethodGet, "/api/generators", "r", "x", http.StatusUnauthorized},
		// A merger without a token to read with has none that opens it.
		{http.MethodGet, "/api/generators", "", "", http.StatusUnauthorized},
		{http.MethodPost, "/api/generators/stop", "", "", http.StatusUnauthorized},
		{http.MethodPost, "/api/generators/stop", "r", "r", http.StatusBadRequest},
		{http.MethodPost, "/api/generators/close", "r", "r", http.StatusNoContent},
		{http.MethodGet, "/health", "r", "", http.StatusOK},
		{http.MethodGet, "/else", "r", "t", http.StatusNotFound},
	} {
		merging, err := newMerger(Config{Addr: "http://127.0.0.1:1", Token: "t", Bucket: "k6"}, it.read, quiet(), time.Now())
		must(t, err)
		request := httptest.NewRequest(it.method, it.path, http.NoBody)
		request.Header.Set("Authorization", "Token "+it.given)
		answer := httptest.NewRecorder()
		merging.ServeHTTP(answer, request)
		if answer.Code != it.status {
			t.Errorf("%s %s with %q: expected %d, found %d: %s", it.method, it.path, it.given, it.status, answer.Code, answer.Body)
		}
	}
}
