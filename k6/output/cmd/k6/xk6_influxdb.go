//go:build xk6_influxdb

package main

// The stock InfluxDB 2 output, in the container image only.
import _ "github.com/grafana/xk6-output-influxdb"
