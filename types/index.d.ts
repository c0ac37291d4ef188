// GENERATED from the sources by `make generate`: do not edit.
import { z } from 'zod';

declare const CONFIG: z.ZodObject<{
    name: z.ZodOptional<z.ZodString>;
    targets: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodObject<{
        base_url: z.ZodString;
        allowed_hosts: z.ZodOptional<z.ZodArray<z.ZodString>>;
        profile: z.ZodOptional<z.ZodString>;
        production: z.ZodOptional<z.ZodBoolean>;
        max_rate_rps: z.ZodOptional<z.ZodNumber>;
        max_duration_s: z.ZodOptional<z.ZodNumber>;
        max_vus: z.ZodOptional<z.ZodNumber>;
        headers_from_env: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
        basic_auth_from_env: z.ZodOptional<z.ZodString>;
        token_from_env: z.ZodOptional<z.ZodString>;
        environment: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
        examples: z.ZodOptional<z.ZodBoolean>;
        traces: z.ZodOptional<z.ZodObject<{
            sampled_share: z.ZodOptional<z.ZodNumber>;
            url: z.ZodOptional<z.ZodString>;
        }, z.core.$strict>>;
        telemetry: z.ZodOptional<z.ZodObject<{
            around_s: z.ZodOptional<z.ZodNumber>;
            every_s: z.ZodOptional<z.ZodNumber>;
            scrape: z.ZodOptional<z.ZodArray<z.ZodObject<{
                url: z.ZodString;
                component: z.ZodOptional<z.ZodString>;
                instance: z.ZodOptional<z.ZodString>;
                token_from_env: z.ZodOptional<z.ZodString>;
                basic_auth_from_env: z.ZodOptional<z.ZodString>;
                headers_from_env: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
                ca_file: z.ZodOptional<z.ZodString>;
                series: z.ZodOptional<z.ZodArray<z.ZodObject<{
                    metric: z.ZodString;
                    labels: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodString>>;
                    component: z.ZodString;
                    name: z.ZodOptional<z.ZodString>;
                    kind: z.ZodEnum<{
                        errors: "errors";
                        latency: "latency";
                        rate: "rate";
                        saturation: "saturation";
                        utilisation: "utilisation";
                    }>;
                    unit: z.ZodEnum<{
                        bytes: "bytes";
                        count: "count";
                        ms: "ms";
                        number: "number";
                        per_s: "per_s";
                        share: "share";
                    }>;
                    as: z.ZodOptional<z.ZodEnum<{
                        gauge: "gauge";
                        mean: "mean";
                        per_s: "per_s";
                    }>>;
                    factor: z.ZodOptional<z.ZodNumber>;
                    limit: z.ZodOptional<z.ZodNumber>;
                    limit_metric: z.ZodOptional<z.ZodString>;
                }, z.core.$strict>>>;
            }, z.core.$strict>>>;
            host: z.ZodOptional<z.ZodBoolean>;
            containers: z.ZodOptional<z.ZodArray<z.ZodString>>;
            ask: z.ZodOptional<z.ZodArray<z.ZodObject<{
                name: z.ZodString;
                component: z.ZodString;
                kind: z.ZodEnum<{
                    errors: "errors";
                    latency: "latency";
                    rate: "rate";
                    saturation: "saturation";
                    utilisation: "utilisation";
                }>;
                unit: z.ZodEnum<{
                    bytes: "bytes";
                    count: "count";
                    ms: "ms";
                    number: "number";
                    per_s: "per_s";
                    share: "share";
                }>;
                data_source: z.ZodString;
                query: z.ZodUnion<readonly [z.ZodString, z.ZodRecord<z.ZodString, z.ZodUnknown>]>;
                factor: z.ZodOptional<z.ZodNumber>;
                limit: z.ZodOptional<z.ZodNumber>;
            }, z.core.$strict>>>;
        }, z.core.$strict>>;
        ca_file: z.ZodOptional<z.ZodString>;
    }, z.core.$strict>>>;
    profiles: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodObject<{
        summary: z.ZodOptional<z.ZodString>;
        users: z.ZodOptional<z.ZodNumber>;
        rate: z.ZodOptional<z.ZodString>;
        duration: z.ZodOptional<z.ZodString>;
        stages: z.ZodOptional<z.ZodArray<z.ZodObject<{
            users: z.ZodOptional<z.ZodNumber>;
            rate: z.ZodOptional<z.ZodString>;
            duration: z.ZodString;
        }, z.core.$strict>>>;
    }, z.core.$strict>>>;
    mixes: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodRecord<z.ZodString, z.ZodNumber>>>;
    scenarios_dir: z.ZodOptional<z.ZodString>;
    slos: z.ZodOptional<z.ZodRecord<z.ZodString, z.ZodArray<z.ZodObject<{
        indicator: z.ZodEnum<{
            avg_ms: "avg_ms";
            checks_rate: "checks_rate";
            error_rate: "error_rate";
            exception_rate: "exception_rate";
            p50_ms: "p50_ms";
            p90_ms: "p90_ms";
            p95_ms: "p95_ms";
            p99_ms: "p99_ms";
            throughput_rps: "throughput_rps";
        }>;
        limit: z.ZodNumber;
        abort: z.ZodOptional<z.ZodBoolean>;
        request: z.ZodOptional<z.ZodString>;
        during: z.ZodOptional<z.ZodString>;
        over: z.ZodOptional<z.ZodString>;
        reason: z.ZodOptional<z.ZodString>;
    }, z.core.$strict>>>>;
    default_limits: z.ZodOptional<z.ZodObject<{
        error_rate: z.ZodOptional<z.ZodNumber>;
        exception_rate: z.ZodOptional<z.ZodNumber>;
    }, z.core.$strict>>;
    users: z.ZodOptional<z.ZodObject<{
        file: z.ZodOptional<z.ZodString>;
        env: z.ZodOptional<z.ZodString>;
        columns: z.ZodOptional<z.ZodArray<z.ZodString>>;
    }, z.core.$strict>>;
    retention: z.ZodOptional<z.ZodObject<{
        live: z.ZodOptional<z.ZodString>;
        raw: z.ZodOptional<z.ZodString>;
        runs: z.ZodOptional<z.ZodString>;
        target: z.ZodOptional<z.ZodString>;
    }, z.core.$strict>>;
    secrets: z.ZodOptional<z.ZodArray<z.ZodString>>;
}, z.core.$strict>;
/** `loadstar.config.ts`. Values that are secret stay in the environment: fields only name their variables. */
type LoadstarConfig = z.input<typeof CONFIG>;

/**
 * summary.json: one run, whole. The types of contract/results.ts and the published JSON Schema (summary.schema.json) derive
 * from here. k6 scripts and pages import the types alone, so zod is in none of them.
 */

declare const runSummary: z.ZodObject<{
    schema_version: z.ZodLiteral<1>;
    testid: z.ZodString;
    project: z.ZodExactOptional<z.ZodString>;
    confirms: z.ZodNullable<z.ZodString>;
    scenario: z.ZodString;
    profile: z.ZodString;
    target: z.ZodObject<{
        base_url: z.ZodString;
        name: z.ZodString;
    }, z.core.$strict>;
    app: z.ZodObject<{
        version: z.ZodNullable<z.ZodString>;
        commit: z.ZodNullable<z.ZodString>;
        branch: z.ZodNullable<z.ZodString>;
    }, z.core.$strict>;
    engine: z.ZodString;
    machine: z.ZodExactOptional<z.ZodString>;
    outputs: z.ZodArray<z.ZodString>;
    k6_version: z.ZodString;
    started: z.ZodISODateTime;
    ended: z.ZodISODateTime;
    planned_end: z.ZodISODateTime;
    duration_s: z.ZodNumber;
    status: z.ZodEnum<{
        broken: "broken";
        failed: "failed";
        incomplete: "incomplete";
        interrupted: "interrupted";
        passed: "passed";
        running: "running";
    }>;
    verdict: z.ZodString;
    stopped: z.ZodExactOptional<z.ZodObject<{
        by: z.ZodString;
        at: z.ZodISODateTime;
    }, z.core.$strict>>;
    exit_code: z.ZodInt;
    k6_exit_code: z.ZodNullable<z.ZodInt>;
    protocol: z.ZodExactOptional<z.ZodEnum<{
        browser: "browser";
        grpc: "grpc";
        http: "http";
        ws: "ws";
    }>>;
    requests: z.ZodInt;
    throughput_rps: z.ZodNumber;
    error_rate: z.ZodNumber;
    checks_rate: z.ZodNullable<z.ZodNumber>;
    iterations: z.ZodInt;
    dropped_iterations: z.ZodInt;
    script_exceptions: z.ZodInt;
    exception_rate: z.ZodExactOptional<z.ZodNullable<z.ZodNumber>>;
    failures: z.ZodExactOptional<z.ZodObject<{
        total: z.ZodObject<{
            requests: z.ZodInt;
            checks: z.ZodInt;
            exceptions: z.ZodInt;
        }, z.core.$strict>;
        answers: z.ZodArray<z.ZodObject<{
            first_request: z.ZodString;
            status: z.ZodInt;
            error_code: z.ZodInt;
            error: z.ZodString;
            count: z.ZodInt;
            of: z.ZodInt;
            first: z.ZodNullable<z.ZodISODateTime>;
        }, z.core.$strict>>;
        requests: z.ZodArray<z.ZodObject<{
            status: z.ZodInt;
            error_code: z.ZodInt;
            error: z.ZodString;
            count: z.ZodInt;
            of: z.ZodInt;
            first: z.ZodNullable<z.ZodISODateTime>;
            name: z.ZodString;
        }, z.core.$strict>>;
        checks: z.ZodArray<z.ZodObject<{
            name: z.ZodString;
            count: z.ZodInt;
            of: z.ZodInt;
            first: z.ZodNullable<z.ZodISODateTime>;
        }, z.core.$strict>>;
        exceptions: z.ZodArray<z.ZodObject<{
            message: z.ZodString;
            place: z.ZodNullable<z.ZodString>;
            count: z.ZodInt;
            first: z.ZodNullable<z.ZodISODateTime>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    examples: z.ZodExactOptional<z.ZodObject<{
        failed: z.ZodArray<z.ZodObject<{
            protocol: z.ZodEnum<{
                browser: "browser";
                grpc: "grpc";
                http: "http";
                ws: "ws";
            }>;
            name: z.ZodString;
            method: z.ZodString;
            url: z.ZodString;
            status: z.ZodInt;
            error_code: z.ZodInt;
            error: z.ZodExactOptional<z.ZodString>;
            check: z.ZodExactOptional<z.ZodString>;
            began: z.ZodISODateTime;
            duration_ms: z.ZodNumber;
            phases_ms: z.ZodExactOptional<z.ZodObject<{
                blocked: z.ZodNumber;
                connecting: z.ZodNumber;
                tls_handshaking: z.ZodNumber;
                sending: z.ZodNumber;
                waiting: z.ZodNumber;
                receiving: z.ZodNumber;
            }, z.core.$strict>>;
            body: z.ZodExactOptional<z.ZodString>;
            body_bytes: z.ZodInt;
            trace_id: z.ZodExactOptional<z.ZodString>;
            trace_url: z.ZodExactOptional<z.ZodString>;
        }, z.core.$strict>>;
        slowest: z.ZodArray<z.ZodObject<{
            protocol: z.ZodEnum<{
                browser: "browser";
                grpc: "grpc";
                http: "http";
                ws: "ws";
            }>;
            name: z.ZodString;
            method: z.ZodString;
            url: z.ZodString;
            status: z.ZodInt;
            error_code: z.ZodInt;
            error: z.ZodExactOptional<z.ZodString>;
            check: z.ZodExactOptional<z.ZodString>;
            began: z.ZodISODateTime;
            duration_ms: z.ZodNumber;
            phases_ms: z.ZodExactOptional<z.ZodObject<{
                blocked: z.ZodNumber;
                connecting: z.ZodNumber;
                tls_handshaking: z.ZodNumber;
                sending: z.ZodNumber;
                waiting: z.ZodNumber;
                receiving: z.ZodNumber;
            }, z.core.$strict>>;
            body: z.ZodExactOptional<z.ZodString>;
            body_bytes: z.ZodInt;
            trace_id: z.ZodExactOptional<z.ZodString>;
            trace_url: z.ZodExactOptional<z.ZodString>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    vus_max: z.ZodInt;
    data_sent_bytes: z.ZodNumber;
    data_received_bytes: z.ZodNumber;
    latency: z.ZodNullable<z.ZodObject<{
        min_ms: z.ZodNumber;
        avg_ms: z.ZodNumber;
        p50_ms: z.ZodNumber;
        p90_ms: z.ZodNumber;
        p95_ms: z.ZodNumber;
        p99_ms: z.ZodNumber;
        max_ms: z.ZodNumber;
    }, z.core.$strict>>;
    slos: z.ZodArray<z.ZodObject<{
        indicator: z.ZodEnum<{
            avg_ms: "avg_ms";
            checks_rate: "checks_rate";
            error_rate: "error_rate";
            exception_rate: "exception_rate";
            p50_ms: "p50_ms";
            p90_ms: "p90_ms";
            p95_ms: "p95_ms";
            p99_ms: "p99_ms";
            threshold: "threshold";
            throughput_rps: "throughput_rps";
        }>;
        request: z.ZodNullable<z.ZodString>;
        metric: z.ZodNullable<z.ZodString>;
        during: z.ZodExactOptional<z.ZodString>;
        over: z.ZodExactOptional<z.ZodString>;
        limit: z.ZodNumber;
        strict: z.ZodExactOptional<z.ZodLiteral<true>>;
        expression: z.ZodExactOptional<z.ZodString>;
        value: z.ZodNullable<z.ZodNumber>;
        ok: z.ZodBoolean;
        hint: z.ZodExactOptional<z.ZodString>;
        generator_effect: z.ZodExactOptional<z.ZodNumber>;
    }, z.core.$strict>>;
    plateaus: z.ZodExactOptional<z.ZodArray<z.ZodObject<{
        name: z.ZodString;
        from: z.ZodISODateTime;
        to: z.ZodISODateTime;
        warm_up_s: z.ZodNumber;
        requests: z.ZodInt;
        throughput_rps: z.ZodNumber;
        error_rate: z.ZodNullable<z.ZodNumber>;
        p50_ms: z.ZodNullable<z.ZodNumber>;
        p95_ms: z.ZodNullable<z.ZodNumber>;
        p99_ms: z.ZodNullable<z.ZodNumber>;
        users: z.ZodExactOptional<z.ZodInt>;
        sampling_errors: z.ZodExactOptional<z.ZodRecord<z.ZodEnum<{
            p50_ms: "p50_ms";
            p90_ms: "p90_ms";
            p95_ms: "p95_ms";
            p99_ms: "p99_ms";
        }> & z.core.$partial, z.ZodNumber>>;
    }, z.core.$strict>>>;
    limit: z.ZodExactOptional<z.ZodObject<{
        end: z.ZodEnum<{
            capped: "capped";
            cut: "cut";
            generator: "generator";
            none: "none";
            slo: "slo";
            stalled: "stalled";
            unreadable: "unreadable";
        }>;
        capacity_rps: z.ZodNullable<z.ZodNumber>;
        capacity_users: z.ZodNullable<z.ZodNumber>;
        steps: z.ZodArray<z.ZodObject<{
            started: z.ZodISODateTime;
            offered_per_s: z.ZodNumber;
            throughput_rps: z.ZodNumber;
            users: z.ZodNumber;
            dropped_iterations: z.ZodInt;
            generator_delay_ms: z.ZodNumber;
            state: z.ZodEnum<{
                failed: "failed";
                passed: "passed";
                starved: "starved";
                unjudged: "unjudged";
            }>;
            slos: z.ZodArray<z.ZodObject<{
                indicator: z.ZodEnum<{
                    avg_ms: "avg_ms";
                    checks_rate: "checks_rate";
                    error_rate: "error_rate";
                    exception_rate: "exception_rate";
                    p50_ms: "p50_ms";
                    p90_ms: "p90_ms";
                    p95_ms: "p95_ms";
                    p99_ms: "p99_ms";
                    threshold: "threshold";
                    throughput_rps: "throughput_rps";
                }>;
                request: z.ZodNullable<z.ZodString>;
                metric: z.ZodNullable<z.ZodString>;
                during: z.ZodExactOptional<z.ZodString>;
                over: z.ZodExactOptional<z.ZodString>;
                limit: z.ZodNumber;
                strict: z.ZodExactOptional<z.ZodLiteral<true>>;
                expression: z.ZodExactOptional<z.ZodString>;
                value: z.ZodNullable<z.ZodNumber>;
                ok: z.ZodBoolean;
                hint: z.ZodExactOptional<z.ZodString>;
                generator_effect: z.ZodExactOptional<z.ZodNumber>;
            }, z.core.$strict>>;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    generators: z.ZodExactOptional<z.ZodObject<{
        expected: z.ZodInt;
        ended: z.ZodArray<z.ZodString>;
        lost: z.ZodArray<z.ZodString>;
        each: z.ZodExactOptional<z.ZodArray<z.ZodObject<{
            instance: z.ZodString;
            state: z.ZodEnum<{
                ended: "ended";
                lost: "lost";
            }>;
            last_sign: z.ZodISODateTime;
            load: z.ZodNullable<z.ZodObject<{
                from: z.ZodISODateTime;
                to: z.ZodISODateTime;
            }, z.core.$strict>>;
            requests: z.ZodInt;
            failed: z.ZodInt;
            p95_ms: z.ZodNullable<z.ZodNumber>;
            peak_machine_cpu: z.ZodNullable<z.ZodNumber>;
            delayed: z.ZodExactOptional<z.ZodRecord<z.ZodString, z.ZodNumber>>;
        }, z.core.$strict>>>;
    }, z.core.$strict>>;
    by_request: z.ZodArray<z.ZodObject<{
        generator_effects: z.ZodExactOptional<z.ZodRecord<z.ZodEnum<{
            checks_rate: "checks_rate";
            error_rate: "error_rate";
            p50_ms: "p50_ms";
            p95_ms: "p95_ms";
            p99_ms: "p99_ms";
            throughput_rps: "throughput_rps";
            typical_ms: "typical_ms";
        }> & z.core.$partial, z.ZodNumber>>;
        requests: z.ZodNumber;
        p50_ms: z.ZodNumber;
        p95_ms: z.ZodNumber;
        p99_ms: z.ZodNumber;
        max_ms: z.ZodNumber;
        error_rate: z.ZodNumber;
        name: z.ZodString;
    }, z.core.$strict>>;
    completeness: z.ZodObject<{
        state: z.ZodEnum<{
            complete: "complete";
            incomplete: "incomplete";
            tolerated: "tolerated";
            unknown: "unknown";
        }>;
        samples_sent: z.ZodInt;
        samples_stored: z.ZodInt;
        tolerance: z.ZodNumber;
        rows: z.ZodArray<z.ZodObject<{
            metric: z.ZodString;
            quantity: z.ZodString;
            sent: z.ZodNumber;
            stored: z.ZodNumber;
            ok: z.ZodBoolean;
        }, z.core.$strict>>;
    }, z.core.$strict>;
    output: z.ZodNullable<z.ZodObject<{
        points: z.ZodInt;
        bytes: z.ZodInt;
        sent_bytes: z.ZodInt;
        series: z.ZodInt;
        spooled_batches: z.ZodInt;
        rejected_batches: z.ZodInt;
        lost_points: z.ZodInt;
        refusal: z.ZodExactOptional<z.ZodString>;
        no_answer_s: z.ZodExactOptional<z.ZodInt>;
    }, z.core.$strict>>;
    overflow: z.ZodNullable<z.ZodObject<{
        limit: z.ZodInt;
        tag: z.ZodString;
        values: z.ZodInt;
        examples: z.ZodArray<z.ZodString>;
    }, z.core.$strict>>;
    refused_hosts: z.ZodExactOptional<z.ZodArray<z.ZodObject<{
        host: z.ZodString;
        attempts: z.ZodInt;
        browser_requests: z.ZodInt;
    }, z.core.$strict>>>;
    generator: z.ZodNullable<z.ZodObject<{
        saturated: z.ZodBoolean;
        effects: z.ZodExactOptional<z.ZodRecord<z.ZodEnum<{
            checks_rate: "checks_rate";
            error_rate: "error_rate";
            p50_ms: "p50_ms";
            p95_ms: "p95_ms";
            p99_ms: "p99_ms";
            throughput_rps: "throughput_rps";
            typical_ms: "typical_ms";
        }> & z.core.$partial, z.ZodNumber>>;
        saturated_s: z.ZodExactOptional<z.ZodInt>;
        longest_s: z.ZodExactOptional<z.ZodInt>;
        seconds: z.ZodInt;
        peak_machine_cpu: z.ZodNumber;
        peak_resident_bytes: z.ZodInt;
        delayed: z.ZodExactOptional<z.ZodRecord<z.ZodString, z.ZodNumber>>;
    }, z.core.$strict>>;
    causes: z.ZodExactOptional<z.ZodObject<{
        symptom: z.ZodObject<{
            kind: z.ZodEnum<{
                knee: "knee";
                regression: "regression";
                slo: "slo";
            }>;
            metric: z.ZodEnum<{
                avg_ms: "avg_ms";
                checks_rate: "checks_rate";
                dropped_iterations: "dropped_iterations";
                error_rate: "error_rate";
                exception_rate: "exception_rate";
                iterations: "iterations";
                max_ms: "max_ms";
                min_ms: "min_ms";
                p50_ms: "p50_ms";
                p90_ms: "p90_ms";
                p95_ms: "p95_ms";
                p99_ms: "p99_ms";
                requests: "requests";
                threshold: "threshold";
                throughput_rps: "throughput_rps";
                typical_ms: "typical_ms";
            }>;
            request: z.ZodNullable<z.ZodString>;
            limit: z.ZodNullable<z.ZodNumber>;
            at: z.ZodISODateTime;
        }, z.core.$strict>;
        ranked: z.ZodArray<z.ZodObject<{
            component: z.ZodString;
            series: z.ZodString;
            instance: z.ZodString;
            kind: z.ZodEnum<{
                errors: "errors";
                latency: "latency";
                rate: "rate";
                saturation: "saturation";
                utilisation: "utilisation";
            }>;
            unit: z.ZodString;
            change: z.ZodEnum<{
                level: "level";
                limit: "limit";
            }>;
            at: z.ZodISODateTime;
            value: z.ZodNumber;
            limit: z.ZodNullable<z.ZodNumber>;
            usual: z.ZodNullable<z.ZodNumber>;
            baseline_runs: z.ZodInt;
            baseline_most: z.ZodNullable<z.ZodNumber>;
            sentence: z.ZodString;
        }, z.core.$strict>>;
        series: z.ZodInt;
    }, z.core.$strict>>;
    comparison: z.ZodNullable<z.ZodObject<{
        verdict: z.ZodEnum<{
            improved: "improved";
            regressed: "regressed";
            same: "same";
            suspected: "suspected";
            unstable: "unstable";
            "not enough runs": "not enough runs";
        }>;
        sentence: z.ZodString;
        baseline: z.ZodObject<{
            kind: z.ZodEnum<{
                pinned: "pinned";
                rolling: "rolling";
                run: "run";
            }>;
            runs: z.ZodInt;
            testid: z.ZodNullable<z.ZodString>;
            branch: z.ZodNullable<z.ZodString>;
        }, z.core.$strict>;
        metrics: z.ZodArray<z.ZodObject<{
            metric: z.ZodEnum<{
                checks_rate: "checks_rate";
                error_rate: "error_rate";
                p50_ms: "p50_ms";
                p95_ms: "p95_ms";
                p99_ms: "p99_ms";
                throughput_rps: "throughput_rps";
                typical_ms: "typical_ms";
            }>;
            request: z.ZodNullable<z.ZodString>;
            plateau: z.ZodExactOptional<z.ZodString>;
            baseline: z.ZodNullable<z.ZodNumber>;
            value: z.ZodNullable<z.ZodNumber>;
            change: z.ZodNullable<z.ZodNumber>;
            difference: z.ZodNullable<z.ZodNumber>;
            low: z.ZodNullable<z.ZodNumber>;
            high: z.ZodNullable<z.ZodNumber>;
            verdict: z.ZodEnum<{
                improved: "improved";
                regressed: "regressed";
                same: "same";
                suspected: "suspected";
                unstable: "unstable";
                "not enough runs": "not enough runs";
            }>;
            sentence: z.ZodString;
        }, z.core.$strict>>;
    }, z.core.$strict>>;
    ab_run: z.ZodExactOptional<z.ZodObject<{
        side: z.ZodEnum<{
            base: "base";
            head: "head";
        }>;
        other: z.ZodString;
    }, z.core.$strict>>;
    ab: z.ZodExactOptional<z.ZodObject<{
        base: z.ZodObject<{
            testid: z.ZodString;
            target: z.ZodObject<{
                base_url: z.ZodString;
                name: z.ZodString;
            }, z.core.$strict>;
            command: z.ZodNullable<z.ZodString>;
            app: z.ZodObject<{
                version: z.ZodNullable<z.ZodString>;
                commit: z.ZodNullable<z.ZodString>;
            }, z.core.$strict>;
        }, z.core.$strict>;
        head: z.ZodObject<{
            testid: z.ZodString;
            target: z.ZodObject<{
                base_url: z.ZodString;
                name: z.ZodString;
            }, z.core.$strict>;
            command: z.ZodNullable<z.ZodString>;
            app: z.ZodObject<{
                version: z.ZodNullable<z.ZodString>;
                commit: z.ZodNullable<z.ZodString>;
            }, z.core.$strict>;
        }, z.core.$strict>;
        verdict: z.ZodEnum<{
            improved: "improved";
            regressed: "regressed";
            same: "same";
            unclear: "unclear";
        }>;
        sentence: z.ZodString;
        end: z.ZodEnum<{
            answer: "answer";
            budget: "budget";
            cut: "cut";
        }>;
        started: z.ZodISODateTime;
        ended: z.ZodISODateTime;
        budget_s: z.ZodNumber;
        needed_s: z.ZodNullable<z.ZodNumber>;
        blocks: z.ZodObject<{
            length_s: z.ZodNumber;
            discarded_s: z.ZodNumber;
            warm_up: z.ZodInt;
            order: z.ZodString;
        }, z.core.$strict>;
        least_change: z.ZodNumber;
        false_alarms: z.ZodNumber;
        overall: z.ZodNullable<z.ZodObject<{
            request: z.ZodNullable<z.ZodString>;
            verdict: z.ZodEnum<{
                improved: "improved";
                regressed: "regressed";
                same: "same";
                unclear: "unclear";
            }>;
            base_ms: z.ZodNumber;
            head_ms: z.ZodNumber;
            difference_ms: z.ZodNumber;
            change: z.ZodNumber;
            low: z.ZodNullable<z.ZodNumber>;
            high: z.ZodNullable<z.ZodNumber>;
            base_p95_ms: z.ZodNumber;
            head_p95_ms: z.ZodNumber;
            base_requests: z.ZodInt;
            head_requests: z.ZodInt;
            errors: z.ZodObject<{
                base: z.ZodNumber;
                head: z.ZodNumber;
                verdict: z.ZodEnum<{
                    regressed: "regressed";
                    same: "same";
                }>;
            }, z.core.$strict>;
            needed_s: z.ZodNullable<z.ZodNumber>;
            sentence: z.ZodString;
            pairs: z.ZodArray<z.ZodObject<{
                at_s: z.ZodNumber;
                base_ms: z.ZodNumber;
                head_ms: z.ZodNumber;
            }, z.core.$strict>>;
        }, z.core.$strict>>;
        requests: z.ZodArray<z.ZodObject<{
            request: z.ZodNullable<z.ZodString>;
            verdict: z.ZodEnum<{
                improved: "improved";
                regressed: "regressed";
                same: "same";
                unclear: "unclear";
            }>;
            base_ms: z.ZodNumber;
            head_ms: z.ZodNumber;
            difference_ms: z.ZodNumber;
            change: z.ZodNumber;
            low: z.ZodNullable<z.ZodNumber>;
            high: z.ZodNullable<z.ZodNumber>;
            base_p95_ms: z.ZodNumber;
            head_p95_ms: z.ZodNumber;
            base_requests: z.ZodInt;
            head_requests: z.ZodInt;
            errors: z.ZodObject<{
                base: z.ZodNumber;
                head: z.ZodNumber;
                verdict: z.ZodEnum<{
                    regressed: "regressed";
                    same: "same";
                }>;
            }, z.core.$strict>;
            needed_s: z.ZodNullable<z.ZodNumber>;
            sentence: z.ZodString;
            pairs: z.ZodArray<z.ZodObject<{
                at_s: z.ZodNumber;
                base_ms: z.ZodNumber;
                head_ms: z.ZodNumber;
            }, z.core.$strict>>;
        }, z.core.$strict>>;
        not_judged: z.ZodArray<z.ZodString>;
    }, z.core.$strict>>;
    links: z.ZodObject<{
        grafana: z.ZodNullable<z.ZodString>;
        compare: z.ZodNullable<z.ZodString>;
        live_view: z.ZodNullable<z.ZodString>;
    }, z.core.$strict>;
}, z.core.$strict>;

/** What a run leaves behind in results/<run-id>/, for people and for other programs. summary-schema.ts says what each field is. */

/** One element of results.json: exactly these, for a team's own performance page. */
interface LoadTestResult {
    /** ISO 8601, UTC: when the run started. */
    timestamp: string;
    scenario: string;
    /** ms */
    p50: number;
    /** ms */
    p95: number;
    /** ms */
    p99: number;
    /** requests/s */
    throughput: number;
    /** % of requests, 0 to 100 */
    errorRate: number;
}
type RunSummary = z.infer<typeof runSummary>;
type Comparison = NonNullable<RunSummary['comparison']>;
type MetricComparison = Comparison['metrics'][number];

/** Types `loadstar.config.ts`; it changes nothing. */
declare function defineConfig(config: LoadstarConfig): LoadstarConfig;

export { defineConfig };
export type { Comparison, LoadTestResult, LoadstarConfig, MetricComparison, RunSummary };
