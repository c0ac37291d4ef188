package output

import (
	"errors"
	"fmt"

	"go.k6.io/k6/errext"
	"go.k6.io/k6/errext/exitcodes"

	"loadstar/k6/output/generators"
)

// join takes part in the meeting of the generators of this run, if it has several.
func (o *Output) join() error {
	if o.config.Generators == 0 {
		return nil
	}
	run := valueOf(o.tags, runTag)
	if run == "" {
		return errors.New("expected the run of this generator, found none: set the tag testid or K6_LOADSTAR_RUN")
	}
	member, err := generators.Join(generators.Settings{
		Merger: o.config.Merger, Authorization: authorization(o.config.Token), Client: o.deliverer.influx.client,
		Run: run, Instance: valueOf(o.tags, instanceTag), Process: o.clock.origin,
		Expected: o.config.Generators, Patience: o.config.StartTimeout, Logger: o.logger, Stop: o.stopLoad,
	})
	o.member = member
	return err
}

// stopLoad ends the load as a threshold that failed does: whoever judges the run has called for it.
func (o *Output) stopLoad(reason string) {
	err := fmt.Errorf("the load of all generators is stopped: %s", reason)
	o.stop(errext.WithExitCodeIfNone(errext.WithAbortReasonIfNone(err, errext.AbortedByOutput), exitcodes.ThresholdsHaveFailed))
}
