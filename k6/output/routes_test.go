package output

import "testing"

func TestRoutesOfURLs(t *testing.T) {
	r := newRoutes("http://shop.test:8080/base")
	for url, want := range map[string]string{
		"http://shop.test:8080/":                                              "GET /",
		"http://shop.test:8080":                                               "GET /",
		"http://shop.test:8080/api/items/17?page=2#top":                       "GET /api/items/:id",
		"https://other.test/api/items/17":                                     "GET other.test/api/items/:id",
		"http://shop.test:8080/u/0b9c1f5e-6d0a-4c3f-9d57-0a6a0f0b9c1f/orders": "GET /u/:id/orders",
		"http://shop.test:8080/blob/9f86d081884c7d659a2feaa0c55ad015":         "GET /blob/:id",
		"http://shop.test:8080/days/2026-11-29":                               "GET /days/:id",
		"http://shop.test:8080/users/a@b.test":                                "GET /users/:id",
		"http://shop.test:8080/session/V1StGXR8_Z5jdHi6B-myT":                 "GET /session/:id",
		"http://shop.test:8080/api/v2/search":                                 "GET /api/v2/search",
		"http://shop.test:8080/posts/${}/comments":                            "GET /posts/${}/comments",
		"http://user:secret@shop.test:8080/pizza":                             "GET /pizza",
		"http://shop.test:8080?token=1":                                       "GET /",
		"ws://shop.test:8080/chat":                                            "GET /chat",
	} {
		tags := map[string]string{"name": url, "method": "GET"}
		if r.rename(tags); tags["name"] != want {
			t.Errorf("%s: expected %q, found %q", url, want, tags["name"])
		}
	}
	for _, name := range []string{"GET /api/items/:id", "login", "hello.HelloService/SayHello", ""} {
		tags := map[string]string{"name": name}
		if r.rename(tags); tags["name"] != name {
			t.Errorf("expected the name %q to stay, found %q", name, tags["name"])
		}
	}
	if found := r.grouped(); found == nil || found.Name != "GET /" || found.URLs != 3 || found.Names != 1 {
		t.Errorf("expected three URLs of one name, found %+v", found)
	}
	if found := newRoutes("").grouped(); found != nil {
		t.Errorf("expected nothing without URLs, found %+v", found)
	}
}
