package generators

import (
	"errors"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"go.k6.io/k6/errext"
	"go.k6.io/k6/errext/exitcodes"
)

// processes starts one for each generator, and waits until all have ended.
func processes(count int, directory string, run func(t together)) {
	var all sync.WaitGroup
	for own := 1; own <= count; own++ {
		all.Go(func() { run(together{directory, own, count}) })
	}
	all.Wait()
}

func TestSetupRunsOnceAndAllGetItsData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, want := range [][]byte{[]byte(`{"token":"x"}`), []byte(`null`), nil} {
			var calls atomic.Int32
			processes(3, t.TempDir(), func(one together) {
				data, err := one.GetOrCreateData("setup", func() ([]byte, error) {
					calls.Add(1)
					time.Sleep(time.Second)
					return want, nil
				})
				if err != nil || string(data) != string(want) || (data == nil) != (want == nil) {
					t.Errorf("generator %d: %q, %v; want %q", one.own, data, err, want)
				}
			})
			if calls.Load() != 1 {
				t.Errorf("setup ran %d times", calls.Load())
			}
		}
	})
}

func TestAFailedSetupIsTheSameErrorForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		processes(3, t.TempDir(), func(one together) {
			_, err := one.GetOrCreateData("setup", func() ([]byte, error) { return nil, errors.New("no token") })
			if text, _ := errext.Format(err); text != "no token" {
				t.Errorf("generator %d: %v", one.own, err)
			}
			var coded errext.HasExitCode
			if is := errors.As(err, &coded) && coded.ExitCode() == exitcodes.ExternalAbort; is != (one.own > 1) {
				t.Errorf("generator %d has the exit code of an abort: %v", one.own, is)
			}
		})
	})
}

func TestNobodyWaitsForASetupThatHasDied(t *testing.T) {
	directory := t.TempDir()
	touch(t, directory, "ended-1")
	_, err := together{directory, 2, 2}.GetOrCreateData("setup", nil)
	if err == nil || err.Error() != errAheadOfSetup {
		t.Errorf("found %v", err)
	}
}

func TestTeardownRunsOnceWhenNobodyHasLoad(t *testing.T) {
	for name, ended := range map[string][]string{"all live": nil, "the first has died": {"ended-1"}, "the last has died": {"ended-3"}} {
		synctest.Test(t, func(t *testing.T) {
			directory := t.TempDir()
			for _, file := range ended {
				touch(t, directory, file)
			}
			var loads, calls atomic.Int32
			processes(3, directory, func(one together) {
				if exists(one.path(endedPrefix, one.own)) {
					return
				}
				loads.Add(1)
				time.Sleep(time.Duration(one.own) * time.Second)
				loads.Add(-1)
				if err := one.Signal("execution-done", nil); err != nil {
					t.Error(err)
				}
				_, err := one.GetOrCreateData("teardown", func() ([]byte, error) {
					calls.Add(1)
					if loads.Load() != 0 {
						t.Errorf("%s: %d generators still have load", name, loads.Load())
					}
					return nil, nil
				})
				if err != nil {
					t.Error(err)
				}
				touch(t, directory, one.path(endedPrefix, one.own)[len(directory)+1:])
			})
			if calls.Load() != 1 {
				t.Errorf("%s: teardown ran %d times", name, calls.Load())
			}
		})
	}
}

func TestAProcessThatIsAlone(t *testing.T) {
	var alone Controller = together{}
	if found, err := NewController(alone); err != nil || found != alone {
		t.Errorf("found %v, %v", found, err)
	}
	t.Setenv(directoryVariable, t.TempDir())
	if _, err := NewController(alone); err == nil {
		t.Error("expected an error without a number")
	}
	t.Setenv(ownVariable, "2")
	t.Setenv(countVariable, "3")
	if found, err := NewController(alone); err != nil || found.(together).own != 2 || found.(together).count != 3 {
		t.Errorf("found %v, %v", found, err)
	}
}

func touch(t *testing.T, directory, name string) {
	t.Helper()
	if err := os.WriteFile(directory+"/"+name, nil, privateFile); err != nil {
		t.Fatal(err)
	}
}
