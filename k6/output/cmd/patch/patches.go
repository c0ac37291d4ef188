package main

// The texts that are changed, the same in k6 v1.8 and v2.

const (
	hostguard = "loadstar/k6/output/hostguard"
	requests  = "loadstar/k6/output/requests"
	together  = "loadstar/k6/output/generators"
	kept      = "loadstar/k6/output/kept"
	trends    = "loadstar/k6/output/trends"
)

// patch replaces one text of a file. The text must be there exactly once, so that a new version of k6 cannot drop it unseen.
type patch struct {
	file, before, after string
	// If it is set, the patch is for versions of k6 whose file has this word: others lack what it guards.
	word string
}

// own are the packages that changed files import, by the word that their text names them with.
var own = map[string]string{"hostguard.": hostguard, "requests.": requests, "generators.": together, "kept.": kept, "trends.": trends}

var patches = []patch{
	{file: "lib/netext/dialer.go", before: `
	ip := net.ParseIP(host)
`, after: `
	if err := hostguard.CheckHost(host); err != nil {
		return nil, err
	}

	ip := net.ParseIP(host)
`},
	{file: "lib/netext/dialer.go", before: `
		remote, e := d.getConfiguredHost(addr, host, port)
`, after: `
		remote, e := d.getConfiguredHost(addr, host, port)
		if e == nil && remote != nil {
			e = hostguard.CheckMapped(host, remote.IP)
		}
`},
	{file: "lib/netext/dialer.go", before: `
	ip, err = d.Resolver.LookupIP(host)
	if err != nil {
		return nil, err
	}
`, after: `
	ip, err = d.Resolver.LookupIP(host)
	if err != nil {
		return nil, err
	}
	if err := hostguard.CheckResolved(host, ip); err != nil {
		return nil, err
	}
`},
	{file: "lib/netext/dialer.go", before: `
	conn, err := d.Dialer.DialContext(ctx, proto, dialAddr.String())
`, after: `
	address, err := hostguard.Route(dialAddr.IP, dialAddr.String())
	if err != nil {
		return nil, err
	}
	conn, err := d.Dialer.DialContext(ctx, proto, address)
`},
	{file: "lib/netext/httpext/error_codes.go", before: `
	case netext.BlockedHostError:
`, after: `
	case hostguard.Error:
		return blockedHostnameErrorCode, err.Error()
	case netext.BlockedHostError:
`},
	{file: "internal/js/runner.go", before: "http.ProxyFromEnvironment", after: "hostguard.Proxy"},
	{file: "internal/js/modules/k6/ws/ws.go", before: "http.ProxyFromEnvironment", after: "hostguard.Proxy"},
	{file: "internal/js/modules/k6/websockets/websockets.go", before: "\t\"net/http\"\n", after: ""},
	{file: "internal/js/modules/k6/websockets/websockets.go", before: "http.ProxyFromEnvironment", after: "hostguard.Proxy"},
	{file: "internal/js/modules/k6/browser/chromium/browser_type.go", before: `
	for k, v := range rules {
		hostResolver = append(`, after: `
	rules, guardRules := hostguard.BrowserRules(rules)
	for k, v := range rules {
		hostResolver = append(`},
	{file: "internal/js/modules/k6/browser/chromium/browser_type.go", before: `
	if len(hostResolver) > 0 {
		sort.Strings(hostResolver)
`, after: `
	sort.Strings(hostResolver)
	hostResolver = append(hostResolver, guardRules...)
	if len(hostResolver) > 0 {
`},
	{file: "internal/js/modules/k6/browser/chromium/browser_type.go", before: `
	setFlagsFromArgs(f, lopts.Args)
`, after: `
	setFlagsFromArgs(f, lopts.Args)
	hostguard.SetBrowserFlags(f)
`},
	// Both K6_BROWSER_WS_URL and connectOverCDP() of k6 v2 come through here.
	{file: "internal/js/modules/k6/browser/chromium/browser_type.go", before: `
	browserProc, err := b.link(ctx, wsURL, logger)
`, after: `
	if err := hostguard.CheckRemoteBrowser(wsURL); err != nil {
		return nil, err
	}
	browserProc, err := b.link(ctx, wsURL, logger)
`},
	// Since k6 v2.1 a context can have a proxy of its own, which looks names up in place of the browser.
	{file: "internal/js/modules/k6/browser/common/browser.go", word: "opts.Proxy", before: `
	if opts.Proxy != nil {
`, after: `
	if err := hostguard.CheckContextProxy(opts.Proxy != nil); err != nil {
		return nil, spanRecordError(span, err)
	}
	if opts.Proxy != nil {
`},

	// Package generators lets the processes of a run meet: for setup(), the begin of the load, and teardown().
	{file: "internal/cmd/run.go", before: "execution.NewScheduler(testRunState, controller)",
		after: "execution.NewScheduler(testRunState, generators.NewController(globalCtx, runCtx, controller))"},
	// Package requests adds metrics, after the script has made its own and before thresholds are looked up.
	{file: "internal/cmd/test_load.go", before: `
	lt.initRunner = runner
	lt.runnerContinuation = nil
`, after: `
	requests.Register(lt.preInitState.Registry)
	lt.initRunner = runner
	lt.runnerContinuation = nil
`},
	{file: "output/manager.go", before: `
	sendToOutputs := func(sampleContainers []metrics.SampleContainer) {
`, after: `
	sendToOutputs := func(sampleContainers []metrics.SampleContainer) {
		sampleContainers = requests.Complete(sampleContainers)
`},
	{file: "internal/js/modules/k6/ws/ws.go", before: `
	parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagURL, url)
`, after: `
	parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagURL, url)
	if _, ok := parsedArgs.tagsAndMeta.Tags.Get("name"); !ok {
		parsedArgs.tagsAndMeta.SetSystemTagOrMetaIfEnabled(state.Options.SystemTags, metrics.TagName, url)
	}
	if traceID := kept.Trace(parsedArgs.headers); traceID != "" {
		parsedArgs.tagsAndMeta.SetMetadata(kept.TraceMetadata, traceID)
	}
`},
	// Package kept keeps examples of what failed and of what was slow, and gives requests their trace.
	{file: "lib/netext/httpext/request.go", before: `
	reqCtx, cancelFunc := context.WithTimeout(ctx, preq.Timeout)
`, after: `
	traceID := kept.Trace(preq.Req.Header)
	if traceID != "" {
		preq.TagsAndMeta.SetMetadata(kept.TraceMetadata, traceID)
	}

	reqCtx, cancelFunc := context.WithTimeout(ctx, preq.Timeout)
`},
	{file: "lib/netext/httpext/request.go", before: `
		updateK6Response(resp, finishedReq)
	}
`, after: `
		updateK6Response(resp, finishedReq)
		trail, seen := finishedReq.trail, kept.Request{
			Method: finishedReq.request.Method, URL: finishedReq.request.URL, TraceID: traceID,
			ErrorCode: int(finishedReq.errorCode), Error: finishedReq.errorMsg, Body: resp.Body,
			Failed: finishedReq.trail.Failed.Bool, End: finishedReq.trail.EndTime, Duration: finishedReq.trail.Duration,
		}
		seen.Phases = kept.Phases{
			Blocked: trail.Blocked, Connecting: trail.Connecting, TLSHandshaking: trail.TLSHandshaking,
			Sending: trail.Sending, Waiting: trail.Waiting, Receiving: trail.Receiving,
		}
		seen.Name, _ = trail.Tags.Get("name")
		if finishedReq.err == nil {
			seen.Status = finishedReq.response.StatusCode
		}
		kept.Saw(state.VUID, seen)
	}
`},
	{file: "internal/js/modules/k6/ws/ws.go", before: `
	connEndHook := socket.pushSessionMetrics(connStart, connEnd)
`, after: `
	kept.SawHandshake(state.VUID, kept.Handshake{
		URL: url, Tags: args.tagsAndMeta.Tags.Get, Metadata: args.tagsAndMeta.Metadata,
		Began: connStart, End: connEnd, Response: httpResponse, Err: dialErr,
	})
	connEndHook := socket.pushSessionMetrics(connStart, connEnd)
`},
	{file: "internal/js/modules/k6/websockets/websockets.go", before: `
	ctx := w.vu.Context()
	start := time.Now()
`, after: `
	if traceID := kept.Trace(params.headers); traceID != "" {
		w.tagsAndMeta.SetMetadata(kept.TraceMetadata, traceID)
	}
	ctx := w.vu.Context()
	start := time.Now()
`},
	{file: "internal/js/modules/k6/websockets/websockets.go", before: `
	w.emitConnectionMetrics(ctx, start, connectionDuration)
`, after: `
	kept.SawHandshake(state.VUID, kept.Handshake{
		URL: w.url.String(), Tags: w.tagsAndMeta.Tags.Get, Metadata: w.tagsAndMeta.Metadata,
		Began: start, End: connectionEnd, Response: httpResponse, Err: connErr,
	})
	w.emitConnectionMetrics(ctx, start, connectionDuration)
`},
	{file: "internal/js/modules/k6/grpc/params.go", before: `
	parts := strings.Split(methodName[1:], "/")
`, after: `
	if traceID := kept.TraceCall(p.Metadata); traceID != "" {
		p.TagsAndMeta.SetMetadata(kept.TraceMetadata, traceID)
	}

	parts := strings.Split(methodName[1:], "/")
`},
	{file: "internal/lib/netext/grpcext/conn.go", before: `
type rpcState struct {
`, after: `
type rpcState struct {
	// answer is the last message that came.
	answer any
`},
	{file: "internal/lib/netext/grpcext/conn.go", before: `
	case *grpcstats.End:
		if state`, after: `
	case *grpcstats.InPayload:
		stateRPC.answer = s.Payload
	case *grpcstats.End:
		ended := status.Convert(s.Error)
		kept.SawCall(state.VUID, kept.Call{
			Tags: stateRPC.tagsAndMeta.Tags.Get, Metadata: stateRPC.tagsAndMeta.Metadata,
			Began: s.BeginTime, End: s.EndTime, Status: int(ended.Code()), Message: ended.Message(),
			Answer: func() string {
				message, _ := stateRPC.answer.(proto.Message)
				text, _ := protojson.Marshal(message)
				return string(text)
			},
		})
		if state`},
	{file: "internal/js/modules/k6/browser/common/network_manager.go", before: `
	if resp != nil && resp.timing != nil {
		pushIfNotDone(`, after: `
	kept.SawPage(state.VUID, kept.Page{
		URL: url, Method: req.method, Tags: tags.Get, Began: req.wallTime, End: wallTime,
		Status: int(status), Error: req.errorText, Failed: failed != 0 && resp.timing != nil,
	})
	if resp != nil && resp.timing != nil {
		pushIfNotDone(`},
	{file: "internal/js/modules/k6/k6.go", before: `
			// A single failure makes the return value false.
			succ = false
`, after: `
			// A single failure makes the return value false.
			succ = false
			kept.FailedCheck(state.VUID, name)
`},
	// Package trends bounds the memory of a trend.
	{file: "metrics/sink.go", before: `
type TrendSink struct {
	values []float64
`, after: `
type TrendSink struct {
	values []float64
	// merged is nil while the values are few.
	merged *trends.Merged
`},
	{file: "metrics/sink.go", before: `
	t.values = append(t.values, s.Value)
	t.sorted = false
`, after: `
	switch {
	case t.merged != nil:
		t.merged.Add(s.Value)
	case len(t.values) < trends.MostExact:
		t.values = append(t.values, s.Value)
		t.sorted = false
	default:
		t.merged = trends.Merge(t.values)
		t.merged.Add(s.Value)
		t.values = nil
	}
`},
	{file: "metrics/sink.go", before: `
		if !t.sorted {
`, after: `
		if t.merged != nil {
			return t.merged.Quantile(pct)
		}
		if !t.sorted {
`},
	// The copy has no version of its own: scripts that ask for one (`"use k6 >= 2.0"`) get that of what was copied.
	{file: "internal/cmd/version.go", before: "dep.Replace.Version", after: "dep.Version"},
}
