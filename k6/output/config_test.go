package output

import (
	"strings"
	"testing"
	"time"

	k6output "go.k6.io/k6/output"
)

func configOf(env map[string]string, argument string) (Config, error) {
	base := map[string]string{"K6_INFLUXDB_ORGANIZATION": "o", "K6_INFLUXDB_TOKEN": "t"}
	for name, value := range env {
		base[name] = value
	}
	return NewConfig(k6output.Params{Environment: base, ConfigArgument: argument})
}

func TestConfigReadsWhatIsDocumented(t *testing.T) {
	c, err := configOf(map[string]string{
		"K6_INFLUXDB_ADDR": "http://influx:1/", "K6_INFLUXDB_BUCKET": "theirs", "K6_LOADSTAR_BUCKET": "ours",
		"K6_LOADSTAR_MERGER": "http://merger:2/", "K6_LOADSTAR_GENERATORS": "3", "K6_LOADSTAR_START_TIMEOUT": "5m", "K6_LOADSTAR_WINDOW": "10s", "K6_LOADSTAR_SERIES_LIMIT": "5", "K6_LOADSTAR_DRAIN_TIMEOUT": "1m",
		"K6_LOADSTAR_SPOOL_DIR": t.TempDir(), "K6_LOADSTAR_SPOOL_LIMIT": "7", "K6_LOADSTAR_DEAD_TARGET": "1m30s", "K6_INFLUXDB_PUSH_INTERVAL": "1s",
	}, "")
	must(t, err)
	if c.Addr != "http://influx:1" || c.Merger != "http://merger:2" || c.Bucket != "ours" || c.Window != 10*time.Second || c.SeriesLimit != 5 ||
		c.DrainTimeout != time.Minute || c.SpoolLimit != 7 ||
		c.DeadTarget != 90*time.Second || c.Generators != 3 || c.StartTimeout != 5*time.Minute {
		t.Errorf("found %+v", c)
	}
	c, err = configOf(nil, "http://other:2/bucket")
	must(t, err)
	if c.Addr != "http://other:2" || c.Bucket != "bucket" || c.Window != time.Second ||
		c.DeadTarget != 10*time.Second {
		t.Errorf("found %+v", c)
	}
}

func TestConfigRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		env      map[string]string
		argument string
		says     string
	}{
		"an unknown setting":                 {env: map[string]string{"K6_LOADSTAR_WINDOWS": "1s"}, says: "K6_LOADSTAR_WINDOW"},
		"a value it cannot read":             {env: map[string]string{"K6_LOADSTAR_WINDOW": "soon"}, says: "K6_LOADSTAR_WINDOW"},
		"a window below a second":            {env: map[string]string{"K6_LOADSTAR_WINDOW": "500ms"}, says: "whole seconds"},
		"a broken window":                    {env: map[string]string{"K6_LOADSTAR_WINDOW": "1500ms"}, says: "whole seconds"},
		"no series":                          {env: map[string]string{"K6_LOADSTAR_SERIES_LIMIT": "0"}, says: "1 or more"},
		"no token":                           {env: map[string]string{"K6_INFLUXDB_TOKEN": ""}, says: "K6_INFLUXDB_TOKEN"},
		"no address":                         {env: map[string]string{"K6_INFLUXDB_ADDR": "influx"}, says: "http(s)://"},
		"no address of a merger":             {env: map[string]string{"K6_LOADSTAR_MERGER": "merger:8087"}, says: "K6_LOADSTAR_MERGER"},
		"generators without a place to meet": {env: map[string]string{"K6_LOADSTAR_GENERATORS": "3"}, says: "K6_LOADSTAR_MERGER"},
		"a limit of nothing":                 {env: map[string]string{"K6_LOADSTAR_SPOOL_LIMIT": "5"}, says: "SPOOL_DIR"},
		"a spool it cannot write":            {env: map[string]string{"K6_LOADSTAR_SPOOL_DIR": "/proc/none"}, says: "SPOOL_DIR"},
		"a secret in the argument":           {argument: "http://u:hunter2@x/b", says: "K6_INFLUXDB_TOKEN"},
		"a strange argument":                 {argument: "bucket", says: "http://localhost:8086/bucket"},
	} {
		_, err := configOf(c.env, c.argument)
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: expected %q, found %v", name, c.says, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the message repeats a secret", name)
		}
	}
}
