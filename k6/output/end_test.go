package output

import (
	"math"
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

func TestTheEndSaysWhatWasSent(t *testing.T) {
	tags := map[string]string{"testid": "run"}
	o, b := newOutput(t, tags)
	trend := b.metric("latency", metrics.Trend)
	b.add(trend, epoch, 2, tags)
	b.add(trend, epoch.Add(3*time.Second), 5, tags)
	b.add(trend, epoch.Add(3*time.Second), math.NaN(), tags)
	o.flush(epoch.Add(5*time.Second), true)
	o.writeEnd(epoch.Add(5 * time.Second))
	lines, _, err := o.writer.encoder.take()
	must(t, err)
	for _, wanted := range []string{
		`loadstar.sent,instance=pod\ one,metric=latency,testid=run type="trend",received=3i,dropped=1i,sum=7,min=2,max=5 `,
		`loadstar.end,instance=pod\ one,testid=run k6_version=`,
		`first_sample="2023-11-14T22:13:20Z",last_sample="2023-11-14T22:13:23Z"`,
	} {
		if !strings.Contains(string(lines), wanted) {
			t.Errorf("expected %s\nfound\n%s", wanted, lines)
		}
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
