package output

import (
	"net/url"

	"go.k6.io/k6/metrics"

	"loadstar/k6/output/hostguard"
)

// browserSent has a sample for each request of a page, before it is sent; failed ones have no other.
const browserSent = "browser_data_sent"

// countBrowserRequest counts a request of a page if Chromium must not send it (hostguard.BrowserRules).
func countBrowserRequest(tags *metrics.TagSet) {
	text, _ := tags.Get("url")
	if address, err := url.Parse(text); err == nil {
		hostguard.CountBrowserRequest(address.Hostname())
	}
}
