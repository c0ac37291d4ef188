package output

import (
	"encoding/json"
	"os"

	"loadstar/k6/output/hostguard"
)

// report is what the output says at its end, for the runner: proof of what it received and what became of it.
type report struct {
	// Samples received by metric, and those of them that were no numbers and so could not be stored.
	Samples map[string]int64 `json:"samples"`
	Dropped map[string]int64 `json:"dropped"`

	Points int64 `json:"points"`
	// Bytes of line protocol, and as sent.
	Bytes     int64 `json:"bytes"`
	SentBytes int64 `json:"sent_bytes"`
	Series    int   `json:"series"`

	// SpooledBatches wait on disk for a later delivery; lost ones are gone.
	SpooledBatches  int   `json:"spooled_batches"`
	RejectedBatches int64 `json:"rejected_batches"`
	LostPoints      int64 `json:"lost_points"`
	// Refusal is what InfluxDB said of the first points that it refused for good; left out without any.
	Refusal string `json:"refusal,omitempty"`

	// Load is left out if no iteration began.
	Load *loadReport `json:"load,omitempty"`

	// NoAnswerSeconds is how long no request had got an answer when the output ended the run for it; left out if it did not.
	NoAnswerSeconds int64 `json:"no_answer_s,omitempty"`

	// Grouped is left out if each name stands for one URL.
	Grouped *grouped `json:"grouped,omitempty"`
	// Unmatched are the metrics of thresholds that saw no sample; left out without any.
	Unmatched []unmatched `json:"unmatched,omitempty"`
	// RefusedHosts are those that the run tried and must not load; left out without any.
	RefusedHosts []hostguard.Refused `json:"refused_hosts,omitempty"`

	Failures  failures        `json:"failures"`
	Overflow  *overflow       `json:"overflow"`
	Generator generatorReport `json:"generator"`
	Machine   machine         `json:"machine"`
}

// overflow says that the run made more series than allowed.
type overflow struct {
	Limit    int     `json:"limit"`
	Refused  int64   `json:"refused"`
	AtFault  finding `json:"at_fault"`
	NamedFor string  `json:"named"`
}

// generatorReport sums up the generator's health over the run.
type generatorReport struct {
	Seconds           int64   `json:"seconds"`
	PeakMachineCPU    float64 `json:"peak_machine_cpu"`
	PeakResidentBytes int64   `json:"peak_resident_bytes"`
	// Delayed is the share of requests that waited longer for the generator than each bound in ms; left out if unknown.
	Delayed map[string]float64 `json:"delayed,omitzero"`
}

func (g *generator) report() generatorReport {
	return generatorReport{
		Seconds:           g.seconds,
		PeakMachineCPU:    g.peakCPU,
		PeakResidentBytes: g.peakResident,
		Delayed:           g.delay.report(),
	}
}

func (r *report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o600)
}
