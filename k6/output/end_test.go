package output

import (
	"math"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	k6lib "go.k6.io/k6/lib"
	"go.k6.io/k6/metrics"
	k6output "go.k6.io/k6/output"

	"github.com/sirupsen/logrus"
)

func newOutput(t *testing.T, tags map[string]string) (*Output, *bench) {
	t.Helper()
	params := k6output.Params{
		Logger: logrus.New(),
		Environment: map[string]string{
			"K6_INFLUXDB_ORGANIZATION": "o", "K6_INFLUXDB_TOKEN": "t", "K6_LOADSTAR_INSTANCE": "pod one",
		},
		ScriptOptions: k6lib.Options{RunTags: tags},
	}
	made, err := New(params)
	must(t, err)
	o := made.(*Output) //nolint:forcetypeassert // New makes nothing else
	return o, &bench{registry: metrics.NewRegistry(), aggregator: o.aggregator}
}

// The network policies of a pod may hold a moment after it starts, and refuse its connections until then.
func TestTheStartWaitsForANetworkAndNotForARefusal(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	address := listener.Addr().String()
	must(t, listener.Close())
	status := http.StatusNoContent
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}))
	defer server.Close()
	opening := time.AfterFunc(2*firstBackoff, func() {
		if server.Listener, err = net.Listen("tcp", address); err == nil {
			server.Start()
		}
	})
	defer opening.Stop()
	o, _ := newOutput(t, map[string]string{"testid": "run"})
	o.deliverer.influx.url = "http://" + address
	must(t, o.firstWrite(nil))
	status = http.StatusUnauthorized
	began := time.Now()
	if err := o.firstWrite(nil); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("expected a refusal, found %v", err)
	}
	if waited := time.Since(began); waited > startPatience/2 {
		t.Errorf("expected the refusal at once, found it after %s", waited)
	}
}

func TestTheEndSaysWhatWasSent(t *testing.T) {
	tags := map[string]string{"testid": "run"}
	o, b := newOutput(t, tags)
	trend := b.metric("latency", metrics.Trend)
	b.add(trend, epoch, 2, tags)
	b.add(trend, epoch.Add(3*time.Second), 5, tags)
	b.add(trend, epoch.Add(3*time.Second), math.NaN(), tags)
	// A generator that waits 20 s for others, runs setup(), makes load for 10 s, and runs teardown(): 10 s are its load.
	iterations := b.metric(metrics.IterationDurationName, metrics.Trend)
	b.add(iterations, epoch.Add(22*time.Second), 2000, map[string]string{"testid": "run", "scenario": "s"})
	b.add(iterations, epoch.Add(30*time.Second), 500, map[string]string{"testid": "run", "scenario": "s"})
	b.add(trend, epoch.Add(50*time.Second), 5, tags)
	o.flush(epoch.Add(55*time.Second), true)
	o.writeEnd(epoch.Add(55 * time.Second))
	lines, _, err := o.writer.encoder.take()
	must(t, err)
	for _, wanted := range []string{
		`loadstar.sent,instance=pod\ one,metric=latency,testid=run type="trend",received=4i,dropped=1i,sum=12,min=2,max=5 `,
		`loadstar.end,instance=pod\ one,testid=run k6_version=`,
		`load_from="2023-11-14T22:13:40Z",load_to="2023-11-14T22:13:50Z"`,
	} {
		if !strings.Contains(string(lines), wanted) {
			t.Errorf("expected %s\nfound\n%s", wanted, lines)
		}
	}
}

func TestTheRunSoFarBeginsWithItsLoad(t *testing.T) {
	o, b := newOutput(t, map[string]string{"testid": "run"})
	b.add(b.metric("vus", metrics.Gauge), epoch, 0, nil)
	o.flush(epoch.Add(20*time.Second), false)
	if lines, _, _ := o.writer.encoder.take(); strings.Contains(string(lines), ".run") {
		t.Errorf("expected no run so far before its load, found\n%s", lines)
	}
	began := epoch.Add(20 * time.Second)
	b.add(b.metric("hits", metrics.Counter), began, 1, map[string]string{"scenario": "s"})
	o.flush(epoch.Add(25*time.Second), false)
	if !o.writer.started.Equal(began) {
		t.Errorf("expected the points of the run so far at %s, found %s", began, o.writer.started)
	}
}

func TestWithoutTheTagOfScenariosIterationsSayWhenTheLoadWas(t *testing.T) {
	b := newBench(t, 10)
	b.add(b.metric("hits", metrics.Counter), epoch, 1, nil)
	if got := b.aggregator.loadSpan(); got != (loadSpan{}) {
		t.Errorf("expected no load, found %v", got.report())
	}
	b.add(b.metric(metrics.IterationsName, metrics.Counter), epoch.Add(time.Second), 1, nil)
	if got := b.aggregator.loadSpan(); got.first != epoch.Add(time.Second).UnixNano() {
		t.Errorf("expected the load of the iteration, found %v", got.report())
	}
}

func TestASeriesHasTheNameOfItsGenerator(t *testing.T) {
	o, b := newOutput(t, nil)
	counter := b.metric("hits", metrics.Counter)
	b.add(counter, epoch, 1, map[string]string{"testid": "run"})
	b.add(counter, epoch, 1, map[string]string{"testid": "run", "instance": "given"})
	for _, text := range []string{"hits\x00instance\x01pod one\x00testid\x01run", "hits\x00instance\x01given\x00testid\x01run"} {
		if o.guard.byText[text] == nil {
			t.Errorf("expected a series %q", text)
		}
	}
}
