package output

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"

	k6output "go.k6.io/k6/output"
)

// Config says where points go and how much may wait on the way. Times are as Go writes them ("1s"), sizes are bytes.
type Config struct {
	Addr string
	// Merger is where several generators send what they write, and meet; "" where there is one generator.
	Merger       string
	Organization string
	Bucket       string
	Token        string
	Insecure     bool
	// CAFile is a PEM file of private CAs that InfluxDB's certificate is verified with, besides the system's.
	CAFile string

	// Window is how much time one point of a series covers.
	Window time.Duration
	// RunInterval is how often the run so far is written.
	RunInterval time.Duration
	// SeriesLimit is how many series may get tags of their own; the rest is counted under one name.
	SeriesLimit int
	// MemoryLimit bounds what waits in memory for an InfluxDB that does not answer.
	MemoryLimit int64
	// SpoolLimit bounds what waits on disk after that.
	SpoolLimit int64
	// SpoolDir is where it waits; "" keeps nothing beyond the memory limit.
	SpoolDir string
	// DrainTimeout is how long the end of the run waits for InfluxDB before it leaves the rest in the spool.
	DrainTimeout time.Duration
	// DeadTarget is how long no request may get an answer before the run ends; 0 allows any time.
	DeadTarget time.Duration
	// ReportFile receives the report of the run's end; "" writes none.
	ReportFile string
	// Progress logs what each window saw, for whoever follows the run.
	Progress bool
	// Instance names this generator where k6 was given no tag of that name: two generators must never share a series.
	Instance string
	// Run names the run where k6 was given no tag testid.
	Run string

	// Generators is how many the run has.
	Generators int
	// StartTimeout is how long this one waits for the others, and for the merger to answer.
	StartTimeout time.Duration
}

const (
	defaultAddr        = "http://localhost:8086"
	defaultRunInterval = 5 * time.Second
)

// setting parses one variable into the configuration.
type setting func(c *Config, value string) error

// influxSettings mean here what they mean for xk6-output-influxdb. Its other variables are about a point a sample.
var influxSettings = map[string]setting{
	influxPrefix + "ADDR":         func(c *Config, v string) error { c.Addr = strings.TrimRight(v, "/"); return nil },
	influxPrefix + "ORGANIZATION": func(c *Config, v string) error { c.Organization = v; return nil },
	influxPrefix + "BUCKET":       func(c *Config, v string) error { c.Bucket = v; return nil },
	influxPrefix + "TOKEN":        func(c *Config, v string) error { c.Token = v; return nil },
	influxPrefix + "INSECURE": func(c *Config, v string) (err error) {
		c.Insecure, err = strconv.ParseBool(v)
		return err
	},
}

// ownSettings exist in this output alone.
var ownSettings = map[string]setting{
	ownPrefix + "BUCKET":        func(c *Config, v string) error { c.Bucket = v; return nil },
	ownPrefix + "WINDOW":        duration(func(c *Config) *time.Duration { return &c.Window }),
	ownPrefix + "RUN_INTERVAL":  duration(func(c *Config) *time.Duration { return &c.RunInterval }),
	ownPrefix + "DRAIN_TIMEOUT": duration(func(c *Config) *time.Duration { return &c.DrainTimeout }),
	ownPrefix + "DEAD_TARGET":   duration(func(c *Config) *time.Duration { return &c.DeadTarget }),
	ownPrefix + "MEMORY_LIMIT":  size(func(c *Config) *int64 { return &c.MemoryLimit }),
	ownPrefix + "SPOOL_LIMIT":   size(func(c *Config) *int64 { return &c.SpoolLimit }),
	ownPrefix + "SPOOL_DIR":     func(c *Config, v string) error { c.SpoolDir = v; return nil },
	ownPrefix + "REPORT_FILE":   func(c *Config, v string) error { c.ReportFile = v; return nil },
	ownPrefix + "INSTANCE":      func(c *Config, v string) error { c.Instance = v; return nil },
	ownPrefix + "RUN":           func(c *Config, v string) error { c.Run = v; return nil },
	ownPrefix + "MERGER":        func(c *Config, v string) error { c.Merger = strings.TrimRight(v, "/"); return nil },
	ownPrefix + "START_TIMEOUT": duration(func(c *Config) *time.Duration { return &c.StartTimeout }),
	ownPrefix + "GENERATORS": func(c *Config, v string) (err error) {
		c.Generators, err = strconv.Atoi(v)
		return err
	},
	ownPrefix + "CA_FILE": func(c *Config, v string) error { c.CAFile = v; return nil },
	ownPrefix + "PROGRESS": func(c *Config, v string) (err error) {
		c.Progress, err = strconv.ParseBool(v)
		return err
	},
	ownPrefix + "SERIES_LIMIT": func(c *Config, v string) (err error) {
		c.SeriesLimit, err = strconv.Atoi(v)
		return err
	},
}

func duration(field func(*Config) *time.Duration) setting {
	return func(c *Config, value string) (err error) {
		*field(c), err = time.ParseDuration(value)
		return err
	}
}

func size(field func(*Config) *int64) setting {
	return func(c *Config, value string) (err error) {
		*field(c), err = strconv.ParseInt(value, 10, 64)
		return err
	}
}

// NewConfig reads the environment that k6 hands in, then the argument of --out (an address, with the bucket as its
// path). It refuses what it does not know, cannot parse, or what contradicts itself.
func NewConfig(params k6output.Params) (Config, error) {
	config := Config{Addr: defaultAddr, Bucket: defaultBucket, RunInterval: defaultRunInterval, Instance: hostName()}
	if err := config.applyEnvironment(settingDefaults); err != nil {
		return config, err
	}
	if err := config.applyEnvironment(params.Environment); err != nil {
		return config, err
	}
	if err := config.applyArgument(params.ConfigArgument); err != nil {
		return config, err
	}
	return config, config.validate()
}

// hostName is in Kubernetes the name of the pod. A machine that does not know its own is one generator among no others.
func hostName() string {
	name, err := os.Hostname()
	if err != nil {
		return ""
	}
	return name
}

func (c *Config) applyEnvironment(env map[string]string) error {
	names := make([]string, 0, len(env))
	for name := range env {
		names = append(names, name)
	}
	// K6_INFLUXDB_BUCKET before K6_LOADSTAR_BUCKET: our own name wins.
	sort.Strings(names)
	for _, name := range names {
		set, ok := influxSettings[name]
		if strings.HasPrefix(name, ownPrefix) {
			if set, ok = ownSettings[name]; !ok {
				return fmt.Errorf("unknown setting %s; there are: %s", name, strings.Join(settingNames(), ", "))
			}
		}
		if !ok || env[name] == "" {
			continue
		}
		// Not the value itself: it may be a secret.
		if err := set(c, env[name]); err != nil {
			return fmt.Errorf("%s cannot be read: expected a value such as 1s, true or 1000", name)
		}
	}
	return nil
}

func settingNames() []string {
	names := make([]string, 0, len(ownSettings))
	for name := range ownSettings {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

func (c *Config) applyArgument(argument string) error {
	if argument == "" {
		return nil
	}
	address, err := url.Parse(argument)
	if err != nil || address.Host == "" {
		return errors.New("the argument of --out loadstar is an address, as http://localhost:8086/bucket")
	}
	if address.User != nil {
		return errors.New("no credentials in the argument of --out loadstar: use K6_INFLUXDB_TOKEN")
	}
	c.Addr = address.Scheme + "://" + address.Host
	if bucket := strings.Trim(address.Path, "/"); bucket != "" {
		c.Bucket = bucket
	}
	return nil
}

func (c *Config) validate() error {
	switch {
	case !isServer(c.Addr):
		return fmt.Errorf("K6_INFLUXDB_ADDR: expected http(s)://host:port, found %q", c.Addr)
	case c.Merger != "" && !isServer(c.Merger):
		return fmt.Errorf("K6_LOADSTAR_MERGER: expected http(s)://host:port, found %q", c.Merger)
	case c.Organization == "" || c.Token == "":
		return errors.New("K6_INFLUXDB_ORGANIZATION and K6_INFLUXDB_TOKEN are needed")
	case c.Window < time.Second || c.Window%time.Second != 0:
		return fmt.Errorf("K6_LOADSTAR_WINDOW: expected whole seconds, found %s", c.Window)
	case c.SeriesLimit < 1:
		return errors.New("K6_LOADSTAR_SERIES_LIMIT: expected 1 or more")
	case c.MemoryLimit < 1<<20:
		return errors.New("K6_LOADSTAR_MEMORY_LIMIT: expected 1048576 bytes or more")
	case c.SpoolDir == "" && strconv.FormatInt(c.SpoolLimit, 10) != settingDefaults[ownPrefix+"SPOOL_LIMIT"]:
		return errors.New("K6_LOADSTAR_SPOOL_LIMIT without K6_LOADSTAR_SPOOL_DIR: there is nothing to limit")
	case c.DeadTarget < 0:
		return errors.New("K6_LOADSTAR_DEAD_TARGET: expected 0s or more")
	case c.DrainTimeout < 0:
		return errors.New("K6_LOADSTAR_DRAIN_TIMEOUT: expected 0s or more")
	case c.Generators < 0 || (c.Generators > 0 && c.Merger == ""):
		return errors.New("K6_LOADSTAR_GENERATORS: expected 1 or more, and K6_LOADSTAR_MERGER, where they meet")
	case c.StartTimeout < 0:
		return errors.New("K6_LOADSTAR_START_TIMEOUT: expected 0s or more")
	}
	return c.validateSpoolDir()
}

func isServer(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Host != "" && (address.Scheme == "http" || address.Scheme == "https")
}

func (c *Config) validateSpoolDir() error {
	if c.SpoolDir == "" {
		return nil
	}
	if err := os.MkdirAll(c.SpoolDir, 0o700); err != nil {
		return fmt.Errorf("K6_LOADSTAR_SPOOL_DIR cannot be used: %w", err)
	}
	probe := filepath.Join(c.SpoolDir, fmt.Sprintf(".probe-%d", os.Getpid()))
	if err := os.WriteFile(probe, nil, 0o600); err != nil {
		return fmt.Errorf("K6_LOADSTAR_SPOOL_DIR cannot be written: %w", err)
	}
	return os.Remove(probe)
}
